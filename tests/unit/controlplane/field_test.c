/* Shapes: every fault at once, merge-patch, and what callers see of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "controlplane/http/field.h"
#include "controlplane/store/document.h"

static const char *const colours[] = { "red", "green", NULL };

static const char *
no_x(struct str text)
{
	return str_find_char(text, 'x') < 0 ? NULL : "must not have an x";
}

static const struct field inner_fields[] = {
	{ "n", FIELD_INT, FIELD_SET | FIELD_REQUIRED, 1, 9, .help = "n" },
	{ "team", FIELD_REF, FIELD_SET, .kind = KIND_TEAM, .help = "t" },
};

static const struct shape inner_shape = {
	.name = "Inner",
	SHAPE_FIELDS(inner_fields),
};

static const struct field base_fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "id" },
	{ "name", FIELD_TEXT, FIELD_SET | FIELD_REQUIRED, 2, 5,
	    .help = "name" },
};

static const struct shape base_shape = {
	.name = "Base",
	SHAPE_FIELDS(base_fields),
};

static const struct field fields[] = {
	{ "born", FIELD_TIME, FIELD_FIXED, .help = "born" },
	{ "colour", FIELD_TEXT, FIELD_SET, 1, 10, .words = colours,
	    .fallback = "\"red\"", .help = "colour" },
	{ "tags", FIELD_TEXT, FIELD_SET | FIELD_MANY, 1, 5, 3, .fallback = "[]",
	    .check = no_x, .help = "tags" },
	{ "labels", FIELD_MAP, FIELD_SET, 0, 4, 2, .fallback = "{}",
	    .check = no_x, .help = "labels" },
	{ "on", FIELD_BOOL, FIELD_SET, .fallback = "false", .help = "on" },
	{ "inner", FIELD_OBJECT, FIELD_SET, .shape = &inner_shape,
	    .fallback = "{}", .help = "inner" },
	{ "list", FIELD_OBJECT, FIELD_SET | FIELD_MANY, .most = 2,
	    .shape = &inner_shape, .help = "list" },
	{ "later", FIELD_REFUSED, FIELD_INPUT, .help = "later" },
	{ "secret", FIELD_TEXT, FIELD_ON_CREATE, 1, 10, .help = "secret" },
	{ "version", FIELD_INT, FIELD_ON_READ, .help = "version" },
};

static const struct shape shape = {
	.name = "Thing",
	.kind = KIND_KEY,
	SHAPE_FIELDS(fields),
	.base = &base_shape,
};

static struct arena arena;
static struct faults faults;

/* One team is known: "core". */
static const char *
resolve(
    struct resolver *resolver, enum kind kind, struct str text, struct id *out)
{
	assert_int_equal(kind, KIND_TEAM);
	if (!str_eq(text, STR("core")))
		return "not_found";
	memset(out->bytes, 0x11, sizeof(out->bytes));
	return NULL;
}

static struct resolver resolver = { resolve };
static struct check check = { &arena, &faults, &resolver };

static int
setup(void **state)
{
	arena_init(&arena, 0);
	faults_init(&faults, &arena);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static json_t *
parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	return document_keep(&arena, value);
}

static void
assert_document(const json_t *found, const char *expected)
{
	if (!json_equal(found, parse(expected)))
		fail_msg("%.*s is not %s",
		    STR_ARGS(document_text(&arena, found)), expected);
}

/* "pointer code" of each fault, in order. */
static void
assert_faults(const char *expected)
{
	struct problem problem = { .status = E_INVALID, .faults = faults };
	struct buf CLEANUP(buf_done) text;
	struct str all = STR("");
	struct emit emit;
	size_t i;
	json_t *one;

	buf_init(&text, 1 << 20);
	emit_init(&emit, &text);
	problem_write(&emit, &problem, STR("/"), STR("req"));
	json_t *written = parse(str_cstr(&arena, buf_str(&text)));
	json_array_foreach(json_object_get(written, "errors"), i, one) all =
	    str_printf(&arena, "%.*s%s%s %s", STR_ARGS(all), i == 0 ? "" : ", ",
		json_string_value(json_object_get(one, "pointer")),
		json_string_value(json_object_get(one, "code")));
	assert_string_equal(str_cstr(&arena, all), expected);
}

static void
create_fills_what_is_absent(void **state)
{
	json_t *row = shape_read(
	    &check, &shape, FIELD_ON_CREATE, parse("{\"name\":\"abc\"}"));

	assert_faults("");
	assert_document(row,
	    "{\"name\":\"abc\",\"colour\":\"red\",\"tags\":[],\"labels\":{},"
	    "\"on\":false,\"inner\":{}}");
}

static void
create_takes_everything(void **state)
{
	json_t *row = shape_read(&check, &shape, FIELD_ON_CREATE,
	    parse("{\"name\":\"abc\",\"born\":\"2026-01-01T02:00:00+02:00\","
		  "\"colour\":\"green\",\"tags\":[\"a\"],\"labels\":{\"k\":"
		  "\"v\"},"
		  "\"on\":true,\"inner\":{\"n\":1,\"team\":\"core\"},"
		  "\"list\":[{\"n\":9}],\"secret\":\"s\"}"));

	assert_faults("");
	assert_document(row,
	    "{\"name\":\"abc\",\"born\":\"2026-01-01T00:00:00.000000Z\","
	    "\"colour\":\"green\",\"tags\":[\"a\"],\"labels\":{\"k\":\"v\"},"
	    "\"on\":true,\"inner\":{\"n\":1,\"team\":"
	    "\"11111111-1111-1111-1111-111111111111\"},\"list\":[{\"n\":9}],"
	    "\"secret\":\"s\"}");
}

static void
all_faults_are_told_at_once(void **state)
{
	shape_read(&check, &shape, FIELD_ON_CREATE,
	    parse("{\"version\":1,\"zz\":1,\"a/b~c\":1,\"name\":\"abcdef\","
		  "\"born\":\"soon\",\"colour\":\"blue\","
		  "\"tags\":[\"ok\",\"x\",3,\"four\"],"
		  "\"labels\":{\"x\":\"1\",\"b\":\"12345\",\"c\":3},"
		  "\"on\":1,\"inner\":{\"n\":10,\"q\":1,\"team\":\"nope\"},"
		  "\"list\":[{},4],\"later\":{},\"secret\":\"\"}"));
	assert_faults("/version read_only, /zz unknown_field, "
		      "/a~1b~0c unknown_field, /name too_long, /born format, "
		      "/colour enum, /tags too_many, /tags/1 format, "
		      "/tags/2 type, /labels too_many, /labels/x format, "
		      "/labels/b too_long, /labels/c type, /on type, "
		      "/inner/q unknown_field, /inner/n range, "
		      "/inner/team not_found, /list/0/n required, "
		      "/list/1 type, /later not_supported, "
		      "/secret too_short");
}

static void
what_is_no_object_is_one_fault(void **state)
{
	shape_read(&check, &shape, FIELD_ON_CREATE, parse("[1]"));
	assert_faults(" type");
}

static void
required_ones_must_be_there(void **state)
{
	shape_read(&check, &shape, FIELD_ON_CREATE, parse("{\"name\":null}"));
	assert_faults("/name required");
}

static void
long_names_are_cut_in_pointers(void **state)
{
	char text[4096];
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"");

	memset(text + len, 'k', 3000);
	snprintf(text + len + 3000, sizeof(text) - len - 3000,
	    "\":1,\"name\":\"abc\"}");
	shape_read(&check, &shape, FIELD_ON_CREATE, parse(text));
	assert_int_equal(faults.count, 1);
	assert_true(arena_used_bytes(&arena) < 16384);
}

static void
patch_merges_what_it_names(void **state)
{
	json_t *row =
	    parse("{\"id\":\"r\",\"name\":\"abc\",\"colour\":\"green\","
		  "\"labels\":{\"a\":\"1\",\"b\":\"2\"},\"version\":3,"
		  "\"inner\":{\"n\":1},\"tags\":[\"t\"]}");
	json_t *merged = shape_merge(&check, &shape,
	    parse("{\"labels\":{\"a\":null,\"c\":\"3\"},\"colour\":null,"
		  "\"inner\":{\"n\":2},\"tags\":[]}"),
	    row, row);

	assert_faults("");
	assert_document(merged,
	    "{\"id\":\"r\",\"name\":\"abc\",\"colour\":\"red\","
	    "\"labels\":{\"b\":\"2\",\"c\":\"3\"},\"version\":3,"
	    "\"inner\":{\"n\":2},\"tags\":[]}");
	assert_document(
	    json_object_get(row, "labels"), "{\"a\":\"1\",\"b\":\"2\"}");
}

static void
patch_refuses_what_is_fixed(void **state)
{
	json_t *row = parse("{\"name\":\"abc\"}");

	shape_merge(&check, &shape,
	    parse("{\"born\":\"2026-01-01T00:00:00Z\",\"id\":\"x\","
		  "\"name\":null,\"secret\":\"s\",\"zz\":1,\"later\":1}"),
	    row, row);
	assert_faults("/born immutable, /id read_only, /secret immutable, "
		      "/zz unknown_field, /name required, "
		      "/later not_supported");
}

static void
rows_are_shown_as_callers_know_them(void **state)
{
	json_t *shown = shape_show(&arena, &shape,
	    parse(
		"{\"id\":\"11111111-1111-1111-1111-111111111111\","
		"\"name\":\"abc\",\"secret\":\"s\",\"other\":1,"
		"\"born\":\"2026-01-01T00:00:00.5+00:00\",\"version\":7,"
		"\"inner\":{\"team\":\"11111111-1111-1111-1111-111111111111\","
		"\"hidden\":1},\"list\":[{\"n\":1},{\"n\":2}]}"));

	assert_document(shown,
	    "{\"id\":\"key_0h248h248h248h248h248h248h\",\"name\":\"abc\","
	    "\"born\":\"2026-01-01T00:00:00.500000Z\",\"colour\":null,"
	    "\"tags\":[],\"labels\":null,\"on\":null,\"version\":7,"
	    "\"inner\":{\"team\":\"tm_0h248h248h248h248h248h248h\"},"
	    "\"list\":[{\"n\":1},{\"n\":2}]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    create_fills_what_is_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    create_takes_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    all_faults_are_told_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_no_object_is_one_fault, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    required_ones_must_be_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    long_names_are_cut_in_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    patch_merges_what_it_names, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    patch_refuses_what_is_fixed, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    rows_are_shown_as_callers_know_them, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
