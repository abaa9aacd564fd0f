/* Problems as RFC 9457 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/json.h"
#include "controlplane/http/problem.h"

static struct arena arena;

static json_t *
write_problem(const struct problem *problem)
{
	struct buf CLEANUP(buf_done) text;
	struct emit emit;
	json_t *value;

	buf_init(&text, 1 << 20);
	emit_init(&emit, &text);
	problem_write(&emit, problem, STR("/admin/v1/keys"), STR("req_1"));
	assert_int_equal(json_parse(buf_str(&text), 8, &value, NULL), OK);
	return value;
}

static void
assert_member(const json_t *object, const char *name, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void
status_gives_the_words(void **state)
{
	const struct problem problem = { .status = E_NOT_FOUND };
	CLEANUP(json_release) json_t *written = write_problem(&problem);

	assert_member(written, "type", "urn:weir:problem:not_found");
	assert_member(written, "title", "Not found");
	assert_member(written, "code", "not_found");
	assert_member(written, "detail", "Not found");
	assert_member(written, "instance", "/admin/v1/keys");
	assert_member(written, "request_id", "req_1");
	assert_int_equal(
	    json_integer_value(json_object_get(written, "status")), 404);
	assert_null(json_object_get(written, "errors"));
	assert_null(json_object_get(written, "permission"));
}

static void
own_words_go_before(void **state)
{
	const struct problem problem = {
		.status = E_CONFLICT,
		.http = 422,
		.code = "idempotency_key_reused",
		.detail = STR("say \"no\""),
		.permission = "key:create",
	};
	CLEANUP(json_release) json_t *written = write_problem(&problem);

	assert_member(
	    written, "type", "urn:weir:problem:idempotency_key_reused");
	assert_member(written, "title", "Unprocessable request");
	assert_member(written, "detail", "say \"no\"");
	assert_member(written, "permission", "key:create");
	assert_int_equal(
	    json_integer_value(json_object_get(written, "status")), 422);
}

static void
faults_are_listed_up_to_a_bound(void **state)
{
	struct problem problem = { .status = E_INVALID };

	arena_init(&arena, 0);
	faults_init(&problem.faults, &arena);
	for (int i = 0; i < 250; i++)
		fault_add(&problem.faults, STR("/a"), "type", "must be %d", i);
	CLEANUP(json_release) json_t *written = write_problem(&problem);
	const json_t *errors = json_object_get(written, "errors");
	assert_int_equal(json_array_size(errors), 100);
	assert_member(json_array_get(errors, 7), "pointer", "/a");
	assert_member(json_array_get(errors, 7), "code", "type");
	assert_member(json_array_get(errors, 7), "detail", "must be 7");
	assert_int_equal(problem.faults.count, 250);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_gives_the_words),
		cmocka_unit_test(own_words_go_before),
		cmocka_unit_test(faults_are_listed_up_to_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
