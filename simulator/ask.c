/* ask.c - see ask.h. */
#include "simulator/ask.h"

#include "common/arena.h"

void
ask_add_text(struct ask *ask, struct str text)
{
	ask->text_bytes += text.len;
}

void
ask_add_tool(
    struct ask *ask, struct arena *arena, struct str name, struct str schema)
{
	if (ask->tools == NULL)
		ask->tools = arena_alloc_array(
		    arena, ASK_TOOLS_MAX, sizeof(*ask->tools));
	if (ask->tool_count == ASK_TOOLS_MAX || str_is_empty(name))
		return;
	ask->tools[ask->tool_count++] =
	    (struct tool){ .name = name, .schema = schema };
}

struct str
ask_join(struct arena *arena, struct str text, struct str part)
{
	if (str_is_empty(text))
		return part;
	return str_printf(arena, "%.*s\n%.*s", STR_ARGS(text), STR_ARGS(part));
}

int64_t
tokens_of(size_t bytes)
{
	return (int64_t)((bytes + 3) / 4);
}
