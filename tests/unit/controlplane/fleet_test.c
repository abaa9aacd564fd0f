/* Who gets in, what is believed, and what is left without a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/token.h"
#include "tests/unit/controlplane/service.h"

static void
a_token_is_used_as_often_as_it_may(void **state)
{
	const char *token = service_make_token(2, service_tomorrow());
	struct gateway_client one, two, three;

	gateway_init(&one, &world.arena, fleet);
	gateway_init(&two, &world.arena, fleet);
	gateway_init(&three, &world.arena, fleet);
	assert_int_equal(gateway_enrol(&one, token), 0);
	assert_int_equal(gateway_enrol(&two, token), 0);
	assert_int_equal(gateway_enrol(&three, token), UNAUTHENTICATED);
	assert_false(str_eq(one.id, two.id));
	assert_false(str_eq(one.secret, two.secret));
	assert_int_equal(one.secret.len, 32);

	/* Delivered twice: the same identity, and nothing used up. */
	struct str id = one.id, secret = one.secret;
	assert_int_equal(gateway_enrol(&one, token), 0);
	assert_true(str_eq(one.id, id));
	assert_true(str_eq(one.secret, secret));
	assert_true(str_eq(world_text(&world,
			       "SELECT string_agg(slug, ' ' ORDER BY slug)"
			       " FROM gateways"),
	    STR("edge-one edge-one-2")));
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM audit_events"
			     " WHERE action = 'gateway.enrol'"),
	    2);
}

static void
wrong_tokens_are_refused_and_slowed_down(void **state)
{
	struct gateway_client g;
	char other[TOKEN_TEXT_SIZE];

	gateway_init(&g, &world.arena, fleet);
	assert_int_equal(gateway_enrol(&g, "weir_en_x"), UNAUTHENTICATED);
	assert_int_equal(gateway_enrol(&g, ""), UNAUTHENTICATED);
	assert_int_equal(gateway_enrol(&g,
			     service_make_token(1, clock_wall_us() - US_PER_S)),
	    UNAUTHENTICATED);
	token_make(TOKEN_PREFIX_ENROLMENT, other);
	for (int i = 0; i < 10; i++)
		assert_int_equal(gateway_enrol(&g, other), UNAUTHENTICATED);
	assert_int_equal(gateway_enrol(&g, other), UNAVAILABLE);
}

static void
many_at_once_get_names_of_their_own(void **state)
{
	assert_int_equal(
	    world_int(
		&world, "SELECT count(*) - count(DISTINCT slug) FROM gateways"),
	    0);
}

static void
a_hello_needs_the_secret(void **state)
{
	struct gateway_client g, stranger;

	service_let_in(&g);
	stranger = g;
	stranger.secret = STR("01234567890123456789012345678901");
	assert_int_equal(gateway_hello(&stranger), UNAUTHENTICATED);
	stranger = g;
	stranger.id = STR("0123456789012345");
	assert_int_equal(gateway_hello(&stranger), UNKNOWN);
	stranger.id = STR("short");
	assert_int_equal(gateway_hello(&stranger), INVALID);
	assert_int_equal(gateway_hello(&g), 0);
}

static void
a_session_cannot_be_forged(void **state)
{
	struct gateway_client g, other;

	service_let_in(&g);
	service_let_in(&other);
	assert_int_equal(gateway_error(gateway_ask_config(&g)), 0);

	struct gateway_client forged = g;
	forged.session_key = other.session_key;
	assert_int_equal(
	    gateway_error(gateway_ask_config(&forged)), UNAUTHENTICATED);
	forged = g;
	forged.session = other.session;
	assert_int_equal(
	    gateway_error(gateway_ask_config(&forged)), UNAUTHENTICATED);
	forged = g;
	forged.session = str_head(g.session, g.session.len - 1);
	assert_int_equal(
	    gateway_error(gateway_ask_config(&forged)), UNAUTHENTICATED);
	forged = g;
	forged.session.len = 0;
	assert_int_equal(
	    gateway_error(gateway_ask_config(&forged)), UNAUTHENTICATED);

	clock_pin_wall(clock_wall_us() + 3601 * US_PER_S);
	assert_int_equal(
	    gateway_error(gateway_ask_config(&g)), UNAUTHENTICATED);
	clock_pin_wall(0);
}

static void
garbage_is_answered_not_believed(void **state)
{
	const struct str cases[] = { STR(""), STR("\0"), STR("hello"),
		STR("\x08\x01"), STR("\x08\x02"),
		STR("\x08\x01\x22\x02\x12\x00"), STR("\x08\x01\x22\x01\xff") };
	uint64_t seed = 7;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(
		    fleet_answer(fleet, 0, &world.arena, cases[i]).len > 0);
	for (int i = 0; i < 20000; i++) {
		struct arena arena;
		char bytes[64];
		size_t len = 0;

		for (; len < sizeof(bytes); len++) {
			seed =
			    seed * 6364136223846793005u + 1442695040888963407u;
			bytes[len] = (char)(seed >> 56);
		}
		arena_init(&arena, 0);
		fleet_answer(fleet, 0, &arena,
		    str_make(bytes, (size_t)(seed >> 32) % sizeof(bytes)));
		arena_done(&arena);
	}
}

static void
a_rejection_is_kept_with_its_reasons(void **state)
{
	Weir__Link__V1__ConfigStatus status =
	    WEIR__LINK__V1__CONFIG_STATUS__INIT;
	Weir__Link__V1__ResourceError error =
	    WEIR__LINK__V1__RESOURCE_ERROR__INIT;
	Weir__Link__V1__ResourceError *errors[] = { &error };
	Weir__Link__V1__Question question = WEIR__LINK__V1__QUESTION__INIT;
	struct gateway_client g;

	service_let_in(&g);
	error.kind = "provider";
	error.field = "base_url";
	error.message = "not a \"URL\"";
	status.applied_rev = 300;
	status.rejected_rev = 302;
	status.n_errors = 1;
	status.errors = errors;
	question.body_case = WEIR__LINK__V1__QUESTION__BODY_CONFIG_STATUS;
	question.config_status = &status;
	assert_int_equal(gateway_error(gateway_ask(&g, &question)), 0);
	assert_true(str_eq(world_text(&world,
			       "SELECT concat_ws('|', applied_rev, nack_rev,"
			       " nack_errors->0->>'message') FROM gateways"
			       " ORDER BY sid DESC LIMIT 1"),
	    STR("300|302|not a \"URL\"")));
	status =
	    (Weir__Link__V1__ConfigStatus)WEIR__LINK__V1__CONFIG_STATUS__INIT;
	status.applied_rev = UINT64_MAX;
	assert_int_equal(gateway_error(gateway_ask(&g, &question)), 0);
	assert_true(str_eq(world_text(&world,
			       "SELECT concat_ws('|', applied_rev, nack_rev,"
			       " nack_errors) FROM gateways"
			       " ORDER BY sid DESC LIMIT 1"),
	    STR("9223372036854775807|0|[]")));
}

static void
a_deleted_gateway_is_told_so(void **state)
{
	struct gateway_client g;

	service_let_in(&g);
	assert_int_equal(
	    gateway_error(gateway_ask_heartbeat(&g, UINT64_MAX)), 0);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM gateways"
			     " WHERE spool_bytes = 9223372036854775807"),
	    1);
	world_sql(&world,
	    "DELETE FROM gateways"
	    " WHERE spool_bytes = 9223372036854775807");
	assert_int_equal(gateway_error(gateway_ask_heartbeat(&g, 0)), UNKNOWN);
	assert_int_equal(gateway_hello(&g), UNKNOWN);
}

static int64_t
count_events(void)
{
	return world_int(&world, "SELECT count(*) FROM usage_events");
}

static void
configuration_comes_from_memory(void **state)
{
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 100000000 };
	struct gateway_client g;
	uint64_t acked;

	service_let_in(&g);
	assert_int_equal(gateway_send_usage(&g, 1, 5, &acked), 0);
	int64_t before = count_events();
	pg_kill(world.pg);
	assert_int_equal(gateway_error(gateway_ask_config(&g)), 0);
	assert_int_equal(
	    gateway_error(gateway_ask_chunk(&g, publisher_rev(publisher), 0)),
	    0);
	assert_int_equal(gateway_error(gateway_ask_heartbeat(&g, 0)), 0);
	assert_int_equal(gateway_send_usage(&g, 6, 5, &acked), UNAVAILABLE);
	assert_int_equal(gateway_hello(&g), UNAVAILABLE);

	pg_resume(world.pg);
	nanosleep(&pause, NULL);
	assert_int_equal(gateway_hello(&g), 0);
	assert_int_equal(gateway_send_usage(&g, 6, 5, &acked), 0);
	assert_int_equal(acked, 10);
	assert_int_equal(db_ping(world.db), OK);
	assert_int_equal(count_events() - before, 5);

	world_sql(&world,
	    "UPDATE config_head SET rev = 400;"
	    "NOTIFY weir_config");
	service_wait_for_rev(400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_used_as_often_as_it_may),
		cmocka_unit_test(wrong_tokens_are_refused_and_slowed_down),
		cmocka_unit_test(many_at_once_get_names_of_their_own),
		cmocka_unit_test(a_hello_needs_the_secret),
		cmocka_unit_test(a_session_cannot_be_forged),
		cmocka_unit_test(garbage_is_answered_not_believed),
		cmocka_unit_test(a_rejection_is_kept_with_its_reasons),
		cmocka_unit_test(a_deleted_gateway_is_told_so),
		cmocka_unit_test(configuration_comes_from_memory),
	};

	return cmocka_run_group_tests(tests, service_open, service_close);
}
