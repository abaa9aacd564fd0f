/* tree_test.c - JSON documents as trees. */
#include "dataplane/translate/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/arena.h"

static int
set_up(void **state)
{
	static struct arena arena;

	arena_init(&arena, 0);
	*state = &arena;
	return 0;
}

static int
tear_down(void **state)
{
	arena_done(*state);
	return 0;
}

static const struct tree *
parse(void **state, const char *json)
{
	struct tree *root = NULL;

	assert_int_equal(tree_parse(*state, str_from(json), &root, NULL), OK);
	assert_non_null(root);
	return root;
}

static void
assert_str(struct str s, const char *expected)
{
	assert_true(str_eq(s, str_from(expected)));
}

static void
test_kinds(void **state)
{
	static const enum tree_kind kinds[] = { TREE_NULL, TREE_FALSE,
		TREE_TRUE, TREE_NUMBER, TREE_STRING, TREE_ARRAY, TREE_OBJECT };
	const struct tree *root =
	    parse(state, " [null,false,true, 1.50 ,\"s\",[1, 2],{\"a\": 3}] ");
	size_t i = 0;

	assert_int_equal(root->count, ARRAY_LEN(kinds));
	TREE_FOREACH(child, root)
	assert_true(tree_is(child, kinds[i++]));
	assert_int_equal(i, ARRAY_LEN(kinds));
	assert_str(
	    root->raw, "[null,false,true, 1.50 ,\"s\",[1, 2],{\"a\": 3}]");
	assert_str(root->first->next->next->next->raw, "1.50");
}

static void
test_raw_of_containers(void **state)
{
	const struct tree *root = parse(state, "{\"a\":[1, {}] ,\"b\":{ }}");

	assert_str(tree_get(root, "a")->raw, "[1, {}]");
	assert_str(tree_get(root, "b")->raw, "{ }");
	assert_int_equal(tree_get(root, "a")->count, 2);
}

static void
test_text(void **state)
{
	const struct tree *root = parse(state,
	    "{\"pl\\u0061in\":\"as it is\","
	    "\"short\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\","
	    "\"long\":\"\\u0041\\u00e9\\u4f60\\ud83d\\ude00.\"}");

	assert_str(tree_text(tree_get(root, "plain")), "as it is");
	assert_str(tree_text(tree_get(root, "short")), "\"\\/\b\f\n\r\t");
	assert_str(tree_text(tree_get(root, "long")),
	    "A\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80.");
	assert_str(tree_get(root, "long")->raw,
	    "\"\\u0041\\u00e9\\u4f60\\ud83d\\ude00.\"");
}

static void
test_text_with_nul(void **state)
{
	const struct tree *root = parse(state, "\"a\\u0000b\"");

	assert_true(str_eq(tree_text(root), STR("a\0b")));
}

static void
test_reading(void **state)
{
	const struct tree *root = parse(state,
	    "{\"a\":{\"b\":{\"c\":7}},\"t\":true,\"big\":99999999999999999999,"
	    "\"half\":1.5,\"list\":[{}]}");

	assert_int_equal(tree_int(tree_path(root, "a.b.c"), -1), 7);
	assert_null(tree_path(root, "a.x.c"));
	assert_null(tree_path(root, "list.a"));
	assert_null(tree_get(NULL, "a"));
	assert_null(tree_get(tree_get(root, "list"), "a"));
	assert_int_equal(tree_int(tree_get(root, "big"), -1), -1);
	assert_int_equal(tree_int(tree_get(root, "half"), -1), -1);
	assert_int_equal(tree_int(NULL, 5), 5);
	assert_true(tree_is_true(tree_get(root, "t")));
	assert_false(tree_is_true(NULL));
	assert_false(tree_is(NULL, TREE_NULL));
	assert_str(tree_text(tree_get(root, "t")), "");
	assert_str(tree_text(NULL), "");
}

static void
test_twins(void **state)
{
	static const char *const cases[] = {
		"{\"a\":1,\"a\":2}",
		"{\"a\":1,\"b\":2,\"\\u0061\":3}",
		"[{\"x\":{\"\":1,\"\":2}}]",
	};
	struct scan_fault fault;
	struct tree *root;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    tree_parse(*state, str_from(cases[i]), &root, &fault),
		    E_INVALID);
	assert_non_null(strstr(fault.what, "twice"));
	parse(state, "[{\"a\":1},{\"a\":1},{\"b\":{\"a\":1},\"a\":2}]");
}

static struct str
object_of(char *json, size_t size, int members, const char *last)
{
	int len = snprintf(json, size, "{");

	for (int i = 0; i < members; i++)
		len += snprintf(
		    json + len, size - (size_t)len, "\"m%d\":%d,", i, i);
	len += snprintf(json + len, size - (size_t)len, "\"%s\":0}", last);
	return str_make(json, (size_t)len);
}

static void
test_twins_among_many(void **state)
{
	static char json[1 << 20];
	struct tree *root;

	for (int members = 14; members < 20; members++) {
		assert_int_equal(
		    tree_parse(*state,
			object_of(json, sizeof(json), members, "m7"), &root,
			NULL),
		    E_INVALID);
		assert_int_equal(
		    tree_parse(*state,
			object_of(json, sizeof(json), members, "last"), &root,
			NULL),
		    OK);
		assert_int_equal(root->count, members + 1);
	}
	/* Quadratic work would take minutes here. */
	assert_int_equal(
	    tree_parse(*state, object_of(json, sizeof(json), 60000, "last"),
		&root, NULL),
	    OK);
}

static void
test_depth(void **state)
{
	char json[2 * SCAN_DEPTH_MAX + 2];
	struct tree *root;

	memset(json, '[', SCAN_DEPTH_MAX);
	memset(json + SCAN_DEPTH_MAX, ']', SCAN_DEPTH_MAX);
	assert_int_equal(
	    tree_parse(*state, str_make(json, (size_t)2 * SCAN_DEPTH_MAX),
		&root, NULL),
	    OK);
	memset(json, '[', sizeof(json));
	assert_int_equal(
	    tree_parse(*state, str_make(json, sizeof(json)), &root, NULL),
	    E_INVALID);
}

static void
test_too_many_values(void **state)
{
	static char json[200001];
	struct scan_fault fault;
	struct arena small;
	struct tree *root;

	json[0] = '[';
	for (size_t i = 1; i < sizeof(json) - 1; i += 2)
		memcpy(json + i, "1,", 2);
	memcpy(json + sizeof(json) - 2, "1]", 2);
	arena_init(&small, 1 << 20);
	assert_int_equal(
	    tree_parse(&small, str_make(json, sizeof(json)), &root, &fault),
	    E_TOO_LARGE);
	assert_string_equal(fault.what, "too many values");
	assert_true(arena_used_bytes(&small) < (1 << 20) + 4096);
	arena_done(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_raw_of_containers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_text_with_nul, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_reading, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_twins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_twins_among_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_too_many_values, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
