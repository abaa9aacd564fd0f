/*
 * passthrough_anthropic.c - Messages answers, watched.
 *
 * Events are told apart by their JSON `type`: some providers that speak this
 * family leave the event: line out.
 */
#include "dataplane/translate/passthrough_family.h"

enum {
	MEMBER_TYPE,
	MEMBER_DELTA,
	MEMBER_BLOCK,
	MEMBER_MESSAGE,
	MEMBER_USAGE,
	MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
	[MEMBER_TYPE] = "type",
	[MEMBER_DELTA] = "delta",
	[MEMBER_BLOCK] = "content_block",
	[MEMBER_MESSAGE] = "message",
	[MEMBER_USAGE] = "usage",
};

static int64_t
text_bytes(struct str raw)
{
	struct lexer l;

	lexer_init(&l, raw);
	return passthrough_count_text(&l);
}

/* The raw value of an object's member; empty when it is not there. */
static struct str
member_of(struct str object, const char *name)
{
	struct scan_member member = { .name = name };

	if (scan_object(object, &member, 1, NULL) != OK)
		return STR("");
	return member.value;
}

/*
 * Text and thinking begin empty and grow; every other block is content from
 * its first byte on: a tool's call, a search's result, redacted thinking.
 */
static bool
is_content_from_start(struct str block)
{
	struct str type = member_of(block, "type");

	return type.len > 0 && !str_eq(type, STR("\"text\"")) &&
	    !str_eq(type, STR("\"thinking\""));
}

static void
learn(struct passthrough *p, const struct scan_member *members)
{
	struct str type = members[MEMBER_TYPE].value;
	struct str block = members[MEMBER_BLOCK].value;
	int64_t bytes;

	if (str_eq(type, STR("\"content_block_delta\""))) {
		bytes = text_bytes(members[MEMBER_DELTA].value);
		passthrough_content(p, bytes, bytes > 0);
	} else if (str_eq(type, STR("\"content_block_start\""))) {
		bytes = text_bytes(block);
		passthrough_content(
		    p, bytes, bytes > 0 || is_content_from_start(block));
	} else if (str_eq(type, STR("\"message_start\""))) {
		passthrough_usage(
		    p, member_of(members[MEMBER_MESSAGE].value, "usage"));
	} else if (str_eq(type, STR("\"message_delta\""))) {
		passthrough_usage(p, members[MEMBER_USAGE].value);
	} else if (str_eq(type, STR("\"message_stop\""))) {
		p->has_ended = true;
		p->state->finished = true;
	}
}

struct str
passthrough_anthropic_event(
    struct passthrough *p, const struct sse_event *event)
{
	struct scan_member members[MEMBER_COUNT];

	for (size_t i = 0; i < MEMBER_COUNT; i++)
		members[i].name = member_names[i];
	bool is_object =
	    scan_object(event->data, members, MEMBER_COUNT, NULL) == OK;
	if (str_eq(event->name, STR("error")) ||
	    str_eq(members[MEMBER_TYPE].value, STR("\"error\"")))
		passthrough_fail(p, event->data);
	else if (is_object)
		learn(p, members);
	return STR("");
}

bool
passthrough_anthropic_whole(struct passthrough *p, struct str body)
{
	struct scan_member members[] = {
		{ .name = "type" },
		{ .name = "error" },
		{ .name = "content" },
		{ .name = "usage" },
	};
	int64_t bytes;

	if (scan_object(body, members, ARRAY_LEN(members), NULL) != OK)
		return false;
	if (str_eq(members[0].value, STR("\"error\"")) ||
	    scan_is_object(members[1].value)) {
		passthrough_fail(p, body);
		return false;
	}
	bytes = text_bytes(members[2].value);
	passthrough_content(p, bytes, bytes > 0);
	passthrough_usage(p, members[3].value);
	return members[2].value.len > 0;
}
