/* Permissions as sets: what a scope grants, and nobody gives away more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controlplane/http/permission.h"

static struct permission_set
set_of(const char *scope)
{
	struct permission_set set = { { 0 } };

	assert_true(permission_set_add(&set, str_from(scope)));
	return set;
}

static size_t
count_of(const struct permission_set *set)
{
	size_t count = 0;

	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++)
		count += permission_set_has(set, (enum permission)i);
	return count;
}

static void
names_are_found_and_unique(void **state)
{
	for (unsigned i = PERMISSION_FIRST; i < PERMISSION_COUNT; i++) {
		enum permission permission = (enum permission)i;
		struct str text = str_from(permission_text(permission));

		assert_int_equal(permission_find(text), permission);
		assert_true(str_find_char(text, ':') > 0);
		assert_true(*permission_help(permission) != '\0');
		assert_true(*permission_risk(permission) != '\0');
	}
	assert_int_equal(permission_find(STR("key:fly")), PERMISSION_UNSET);
	assert_int_equal(permission_find(STR("public")), PERMISSION_UNSET);
	assert_int_equal(permission_find(STR("")), PERMISSION_UNSET);
}

static void
scopes_grant_what_they_say(void **state)
{
	struct permission_set all = set_of("*");
	struct permission_set keys = set_of("key:*");
	struct permission_set reads = set_of("*:read");
	struct permission_set one = set_of("key:read");

	assert_int_equal(count_of(&all), PERMISSION_COUNT - PERMISSION_FIRST);
	assert_int_equal(count_of(&keys), 5);
	assert_int_equal(count_of(&one), 1);
	assert_true(permission_set_has(&keys, PERMISSION_KEY_ROTATE));
	assert_false(permission_set_has(&keys, PERMISSION_TEAM_READ));
	assert_true(permission_set_has(&reads, PERMISSION_AUDIT_READ));
	assert_false(permission_set_has(&reads, PERMISSION_KEY_CREATE));
}

static void
nonsense_grants_nothing(void **state)
{
	static const char *const scopes[] = { "", "key", "key:", ":read", "**",
		"key:**", "*:*:*", "key:read:x", "KEY:READ", " *" };

	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		struct permission_set set = { { 0 } };

		if (permission_set_add(&set, str_from(scopes[i])))
			fail_msg("\"%s\" grants something", scopes[i]);
		assert_int_equal(count_of(&set), 0);
	}
}

static void
a_part_is_contained_and_more_is_not(void **state)
{
	struct permission_set all = set_of("*");
	struct permission_set keys = set_of("key:*");
	struct permission_set one = set_of("key:read");
	struct permission_set other = set_of("gateway:enroll");
	struct permission_set none = { { 0 } };

	assert_true(permission_set_contains(&all, &keys));
	assert_true(permission_set_contains(&keys, &one));
	assert_true(permission_set_contains(&keys, &keys));
	assert_true(permission_set_contains(&one, &none));
	assert_false(permission_set_contains(&one, &keys));
	assert_false(permission_set_contains(&keys, &other));
	assert_false(permission_set_contains(&none, &one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_unique),
		cmocka_unit_test(scopes_grant_what_they_say),
		cmocka_unit_test(nonsense_grants_nothing),
		cmocka_unit_test(a_part_is_contained_and_more_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
