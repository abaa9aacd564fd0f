/* Slugs made from names are always slugs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/arena.h"
#include "controlplane/api/naming.h"
#include "controlplane/api/resource.h"

static struct arena arena;

static void
assert_slug(const char *name, const char *expected)
{
	struct str slug = slug_from_name(&arena, str_from(name));

	assert_string_equal(str_cstr(&arena, slug), expected);
	assert_null(slug_fault(slug));
}

static void
names_become_slugs(void **state)
{
	assert_slug("Core Team", "core-team");
	assert_slug("  a--b  ", "a-b");
	assert_slug("gpt-5.1 mini", "gpt-5-1-mini");
	assert_slug("Gr\xc3\xb6\xc3\x9f"
		    "e",
	    "gr-e");
	assert_slug("\xe6\xb7\xb1", "x");
	assert_slug("", "x");
	assert_slug("---", "x");
}

static void
dots_stay_where_they_may(void **state)
{
	struct str slug = slug_from_dotted(&arena, STR("Gemini-2.5 Pro..x."));

	assert_string_equal(str_cstr(&arena, slug), "gemini-2.5-pro.x");
}

static void
long_names_are_cut(void **state)
{
	char name[300];

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 63 == 62 ? ' ' : 'a';
	struct str slug = slug_from_name(&arena, str_make(name, sizeof(name)));
	assert_true(slug.len > 0 && slug.len <= 63);
	assert_null(slug_fault(slug));
	struct str other = slug_with_suffix(&arena, slug);
	assert_true(other.len <= 63);
	assert_null(slug_fault(other));
	assert_false(str_eq(slug, other));
}

static void
slugs_have_a_form(void **state)
{
	static const char *const bad[] = { "-a", "a-", "A", "a b", "a_b", "a.b",
		"\xc3\xb6" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_non_null(slug_fault(str_from(bad[i])));
	assert_null(slug_fault(STR("a")));
	assert_null(slug_fault(STR("a-1-b")));
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
		cmocka_unit_test(names_become_slugs),
		cmocka_unit_test(dots_stay_where_they_may),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(slugs_have_a_form),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
