/* Parameters of a query, decoded and checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/json.h"
#include "controlplane/http/query.h"
#include "controlplane/store/document.h"

static const struct field fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "limit" },
	{ "name", FIELD_TEXT, FIELD_ON_CREATE, 1, 20, .help = "name" },
	{ "on", FIELD_BOOL, FIELD_ON_CREATE, .help = "on" },
	{ "by", FIELD_TEXT, FIELD_ON_CREATE | FIELD_MANY, 1, 9, 3,
	    .help = "by" },
};

static const struct shape shape = {
	.name = "Query",
	SHAPE_FIELDS(fields),
};

static struct arena arena;
static struct faults faults;

static json_t *
read_text(const char *text)
{
	struct check check = { &arena, &faults, NULL };

	faults_init(&faults, &arena);
	return query_read(&check, &shape, str_from(text));
}

static void
assert_read(const char *text, const char *expected)
{
	json_t *found = read_text(text);
	struct str written = document_text(&arena, found);

	assert_int_equal(faults.count, 0);
	assert_string_equal(str_cstr(&arena, written), expected);
}

static void
parameters_are_typed_and_decoded(void **state)
{
	assert_read("", "{\"limit\":50}");
	assert_read("limit=7&on=true", "{\"limit\":7,\"on\":true}");
	assert_read("name=a%20b%2Bc+d&on=false",
	    "{\"limit\":50,\"name\":\"a b+c d\",\"on\":false}");
	assert_read("name=%c3%b6", "{\"limit\":50,\"name\":\"\xc3\xb6\"}");
	assert_read("&&limit=1&", "{\"limit\":1}");
	assert_read("name=a=b", "{\"limit\":50,\"name\":\"a=b\"}");
	assert_read("by=a,b&by=c", "{\"limit\":50,\"by\":[\"a\",\"b\",\"c\"]}");
}

static void
wrong_ones_are_faults(void **state)
{
	static const char *const wrong[] = { "zz=1", "limit=x", "limit=0",
		"limit=201", "on=yes", "name=%", "name=%4", "name=%zz",
		"name=%00", "name=%ff", "=1", "name=", "by=a,b,c,d",
		"limit=9999999999999999999999" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		read_text(wrong[i]);
		if (faults.count == 0)
			fail_msg("%s passed", wrong[i]);
	}
}

static int
setup(void **state)
{
	arena_init(&arena, 0);
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_typed_and_decoded),
		cmocka_unit_test(wrong_ones_are_faults),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
