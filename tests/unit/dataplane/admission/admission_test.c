/*
 * admission_test.c - the models a key may name.
 */
#include "dataplane/admission/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base.h"
#include "dataplane/snapshot/snapshot.h"

static bool
allows(const struct str *list, size_t count, struct str model)
{
	struct snapshot_key key = { .allowed_models = list,
		.allowed_model_count = count };

	return admission_allows(&key, model);
}

static void
test_no_list_allows_all(void **state)
{
	assert_true(allows(NULL, 0, STR("anything")));
}

static void
test_names_and_prefixes(void **state)
{
	const struct str list[] = { STR("gpt-5"), STR("claude-*"),
		STR("openai/*") };

	assert_true(allows(list, 3, STR("gpt-5")));
	assert_true(allows(list, 3, STR("claude-sonnet-4-5")));
	assert_true(allows(list, 3, STR("openai/gpt-5-mini")));
	assert_false(allows(list, 3, STR("gpt-5-mini")));
	assert_false(allows(list, 3, STR("gpt")));
	assert_false(allows(list, 3, STR("claude")));
	assert_false(allows(list, 3, STR("GPT-5")));
	assert_false(allows(list, 3, STR("")));
}

static void
test_a_star_alone_allows_all(void **state)
{
	const struct str list[] = { STR("*") };

	assert_true(allows(list, 1, STR("x")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_list_allows_all),
		cmocka_unit_test(test_names_and_prefixes),
		cmocka_unit_test(test_a_star_alone_allows_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
