/*
 * settings.c - see settings.h.  First every setting is found and checked,
 * then all are stored, so that a faulty command line changes nothing.
 */
#include "common/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/base.h"

#define NAME_MAX_LEN 63
#define VARIABLE_SIZE (sizeof("WEIR_") + NAME_MAX_LEN)

/* Names further apart than this are no typing error. */
#define TYPING_ERROR_MAX 3

union setting_value {
	const char *text;
	int64_t number;
	bool flag;
};

struct loading {
	const struct setting *table;
	size_t count;
	const char **flags; /* by setting; NULL when not given */
	struct buf *fault;
	bool is_faulty;
};

/* "link-url" -> "WEIR_LINK_URL" */
static void
environment_name(const struct setting *setting, char out[VARIABLE_SIZE])
{
	size_t len = strlen(setting->name);

	assert(len <= NAME_MAX_LEN);
	memcpy(out, "WEIR_", 5);
	for (size_t i = 0; i <= len; i++) {
		char c = setting->name[i];

		out[5 + i] = c == '-' ? '_' : (char)toupper((unsigned char)c);
	}
}

static void PRINTF_LIKE(2, 3) fault_add(struct loading *l, const char *fmt, ...)
{
	va_list args;

	if (l->is_faulty)
		buf_add_char(l->fault, '\n');
	l->is_faulty = true;
	va_start(args, fmt);
	buf_vprintf(l->fault, fmt, args);
	va_end(args);
}

/* How many letters to change, add or drop to get from one to the other. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[NAME_MAX_LEN + 1];

	assert(b.len <= NAME_MAX_LEN);
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t change = diagonal + (a.ptr[i] != b.ptr[j]);

			diagonal = row[j + 1];
			row[j + 1] =
			    size_min(change, size_min(row[j], diagonal) + 1);
		}
	}
	return row[b.len];
}

static const char *
closest_name(const struct loading *l, struct str name)
{
	size_t best = TYPING_ERROR_MAX + 1;
	const char *closest = NULL;

	for (size_t i = 0; i < l->count; i++) {
		size_t d = distance(name, str_from(l->table[i].name));

		if (d < best) {
			best = d;
			closest = l->table[i].name;
		}
	}
	return closest;
}

static void
fault_unknown(struct loading *l, struct str name)
{
	const char *closest = closest_name(l, name);

	if (closest != NULL)
		fault_add(l, "--%.*s: no such setting; did you mean --%s?",
		    STR_ARGS(name), closest);
	else
		fault_add(l, "--%.*s: no such setting; --help lists them",
		    STR_ARGS(name));
}

static ptrdiff_t
find_setting(const struct loading *l, struct str name)
{
	for (size_t i = 0; i < l->count; i++) {
		if (str_eq(name, str_from(l->table[i].name)))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* Takes one --flag at argv[at]; returns how many arguments it used. */
static int
flag_take(struct loading *l, int argc, char **argv, int at)
{
	struct str name = str_from(argv[at] + 2);
	const char *equals = strchr(argv[at], '=');
	ptrdiff_t i;

	if (equals != NULL)
		name.len = (size_t)(equals - name.ptr);
	i = find_setting(l, name);
	if (i < 0) {
		fault_unknown(l, name);
		return 1;
	}
	if (equals != NULL) {
		l->flags[i] = equals + 1;
		return 1;
	}
	if (l->table[i].kind == SETTING_FLAG) {
		l->flags[i] = "true";
		return 1;
	}
	if (at + 1 >= argc) {
		fault_add(l, "--%s: a value must follow", l->table[i].name);
		return 1;
	}
	l->flags[i] = argv[at + 1];
	return 2;
}

/* Sorts argv into flags, which are remembered, and the rest, kept in front. */
static int
arguments_sort(struct loading *l, int argc, char **argv)
{
	bool is_open = true; /* until "--" */
	int rest = 0;
	int at = 0;

	while (at < argc) {
		if (is_open && strcmp(argv[at], "--") == 0) {
			is_open = false;
			at++;
		} else if (is_open && strncmp(argv[at], "--", 2) == 0) {
			at += flag_take(l, argc, argv, at);
		} else {
			argv[rest++] = argv[at++];
		}
	}
	return rest;
}

static bool
int_read(const struct setting *setting, const char *text, int64_t *out)
{
	return str_to_i64(str_from(text), out) == OK && *out >= setting->min &&
	    *out <= setting->max;
}

static bool
flag_read(const char *text, bool *out)
{
	*out = text != NULL && strcmp(text, "true") == 0;
	return *out || text == NULL || strcmp(text, "false") == 0;
}

/*
 * Reads one setting from where it is given.  The fault names that place but
 * not the text: a misplaced secret does not belong in a log.
 */
static void
setting_read(struct loading *l, size_t i, union setting_value *out)
{
	const struct setting *setting = &l->table[i];
	char variable[VARIABLE_SIZE];
	const char *text = l->flags[i];
	const char *dashes = text != NULL ? "--" : "";
	const char *name = setting->name;

	if (text == NULL) {
		environment_name(setting, variable);
		name = variable;
		text = getenv(variable);
	}
	if (text == NULL)
		text = setting->fallback;

	if (setting->kind == SETTING_TEXT)
		out->text = text;
	else if (setting->kind == SETTING_FLAG && !flag_read(text, &out->flag))
		fault_add(l, "%s%s: must be true or false", dashes, name);
	else if (setting->kind == SETTING_INT &&
	    !int_read(setting, text, &out->number))
		fault_add(l,
		    "%s%s: must be a whole number from %" PRId64 " to %" PRId64,
		    dashes, name, setting->min, setting->max);
}

static void
setting_store(const struct setting *setting, const union setting_value *value,
    void *out_settings)
{
	char *field = (char *)out_settings + setting->offset;

	switch (setting->kind) {
	case SETTING_TEXT:
		memcpy(field, &value->text, sizeof(value->text));
		break;
	case SETTING_INT:
		memcpy(field, &value->number, sizeof(value->number));
		break;
	case SETTING_FLAG:
		memcpy(field, &value->flag, sizeof(value->flag));
		break;
	}
}

enum status
settings_load(const struct setting *table, size_t count, int *argc, char **argv,
    void *out_settings, struct buf *fault)
{
	CLEANUP(arena_done) struct arena scratch;
	struct loading l = { .table = table, .count = count, .fault = fault };
	union setting_value *values;
	int rest;

	arena_init(&scratch, 0);
	l.flags = arena_alloc_array(&scratch, count, sizeof(*l.flags));
	values = arena_alloc_array(&scratch, count, sizeof(*values));

	rest = arguments_sort(&l, *argc, argv);
	for (size_t i = 0; i < count; i++)
		setting_read(&l, i, &values[i]);
	if (l.is_faulty)
		return E_INVALID;
	for (size_t i = 0; i < count; i++)
		setting_store(&table[i], &values[i], out_settings);
	*argc = rest;
	return OK;
}

void
settings_help(const struct setting *table, size_t count, struct buf *out)
{
	static const char *const value_words[] = {
		[SETTING_TEXT] = " TEXT",
		[SETTING_INT] = " N",
		[SETTING_FLAG] = "",
	};

	for (size_t i = 0; i < count; i++) {
		const struct setting *s = &table[i];
		char variable[VARIABLE_SIZE];

		environment_name(s, variable);
		buf_printf(out, "  --%s%s\n      %s\n      %s", s->name,
		    value_words[s->kind], s->help, variable);
		if (s->kind == SETTING_INT)
			buf_printf(
			    out, ", %" PRId64 " to %" PRId64, s->min, s->max);
		if (s->fallback != NULL && s->fallback[0] != '\0')
			buf_printf(out, ", default %s", s->fallback);
		buf_add_char(out, '\n');
	}
}
