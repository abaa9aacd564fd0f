/*
 * The admin API on a real database, from the call to the rows: what is asked
 * goes through the router, as the server's workers would have it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"
#include "controlplane/api/bootstrap.h"
#include "controlplane/api/tables.h"
#include "controlplane/http/call.h"
#include "controlplane/store/document.h"
#include "tests/unit/controlplane/world.h"

static struct world world;
static char admin[TOKEN_TEXT_SIZE];

/* What the next call is sent with; ask() forgets it. */
static struct {
	const char *token;
	const char *if_match;
	const char *idempotency_key;
} with;

static struct call call; /* the last one */

static void
end_call(void)
{
	if (call.router != NULL)
		arena_done(&call.arena);
	memset(&call, 0, sizeof(call));
}

/* Asks and checks the status; the answer lives until the next call. */
static json_t *
ask(int http, const char *method, const char *target, const char *body)
{
	struct str rest = str_from(target);
	json_t *answer = NULL;

	end_call();
	arena_init(&call.arena, 0);
	faults_init(&call.problem.faults, &call.arena);
	call.router = &api_router;
	call.keyring = world.keyring;
	call.db = world.db;
	call.method = str_from(method);
	str_next(&rest, '?', &call.path);
	call.path =
	    str_printf(&call.arena, "/admin/v1%.*s", STR_ARGS(call.path));
	call.query_text = rest;
	call.body_text = str_from(body);
	call.content_type = STR("application/json");
	call.authorization = str_printf(
	    &call.arena, "Bearer %s", with.token != NULL ? with.token : admin);
	call.if_match = str_from(with.if_match);
	call.idempotency_key = str_from(with.idempotency_key);
	call_set_request_id(&call, STR(""));
	memset(&with, 0, sizeof(with));
	router_run(&api_router, &call);
	if (call.reply.http != http)
		fail_msg("%s %s: %d, not %d: %.*s", method, target,
		    call.reply.http, http, STR_ARGS(call.reply.body));
	assert_int_equal(json_parse(call.reply.body, 32, &answer, NULL), OK);
	return document_keep(&call.arena, answer);
}

/* A member, copied so that it outlives the call. */
static const char *
member(const json_t *object, const char *name)
{
	struct str text = document_member(object, name);

	assert_false(str_is_empty(text));
	return str_cstr(&world.arena, text);
}

static const char *
path_of(const char *collection, const char *id, const char *rest)
{
	return str_cstr(&world.arena,
	    str_printf(&world.arena, "/%s/%s%s", collection, id, rest));
}

static bool
has_fault(const json_t *problem, const char *pointer, const char *code)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(problem, "errors"), i, one)
	{
		if (str_eq(
			document_member(one, "pointer"), str_from(pointer)) &&
		    str_eq(document_member(one, "code"), str_from(code)))
			return true;
	}
	return false;
}

static void
key_is_made_shown_once_and_revoked(void **state)
{
	json_t *key = ask(201, "POST", "/keys",
	    "{\"team_id\":\"core\",\"name\":\"First key\"}");
	const char *secret = member(key, "secret");
	const char *id = member(key, "id");
	uint8_t verifier[SHA256_SIZE];

	assert_true(str_eq(document_member(key, "slug"), STR("first-key")));
	assert_int_equal(keyring_verifier(world.keyring,
			     keyring_pepper_version(world.keyring),
			     str_from(secret), verifier),
	    OK);
	assert_int_equal(
	    world_int(&world, "SELECT octet_length(verifier) FROM api_keys"),
	    SHA256_SIZE);
	key = ask(200, "GET", path_of("keys", id, ""), "");
	assert_null(json_object_get(key, "secret"));
	assert_true(str_eq(call.reply.etag, STR("\"1\"")));
	key = ask(200, "POST", path_of("keys", id, "/rotate"),
	    "{\"grace_seconds\":60}");
	assert_string_not_equal(member(key, "secret"), secret);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM api_keys WHERE"
			     " prev_valid_until > now()"),
	    1);
	key = ask(400, "DELETE", path_of("keys", id, ""), "");
	assert_true(has_fault(key, "/reason", "required"));
	key = ask(200, "DELETE", path_of("keys", id, "?reason=leaked"), "");
	assert_true(str_eq(document_member(key, "status"), STR("revoked")));
	ask(409, "POST", path_of("keys", id, "/enable"), "");
}

static void
patch_counts_versions_and_keeps_to_if_match(void **state)
{
	json_t *team = ask(201, "POST", "/teams",
	    "{\"tenant_id\":\"acme\",\"slug\":\"patched\"}");
	const char *path = path_of("teams", member(team, "id"), "");

	with.if_match = "\"1\"";
	team = ask(200, "PATCH", path, "{\"name\":\"New\"}");
	assert_true(str_eq(call.reply.etag, STR("\"2\"")));
	with.if_match = "\"1\"";
	ask(412, "PATCH", path, "{\"name\":\"Late\"}");
	team = ask(200, "PATCH", path, "{\"name\":\"New\"}");
	assert_true(str_eq(call.reply.etag, STR("\"2\"")));
	team = ask(400, "PATCH", path, "{\"tenant_id\":\"acme\",\"x\":1}");
	assert_true(has_fault(team, "/tenant_id", "immutable"));
	assert_true(has_fault(team, "/x", "unknown_field"));
}

static void
dry_run_changes_nothing(void **state)
{
	int64_t events = world_int(&world, "SELECT count(*) FROM audit_events");
	json_t *shown = ask(200, "POST", "/teams?dry_run=true",
	    "{\"tenant_id\":\"acme\",\"slug\":\"dry\"}");

	assert_true(str_eq(document_member(shown, "slug"), STR("dry")));
	shown = ask(200, "POST", "/keys?dry_run=true",
	    "{\"team_id\":\"core\",\"name\":\"dry\"}");
	assert_null(json_object_get(shown, "secret"));
	assert_int_equal(
	    world_int(&world, "SELECT count(*) FROM teams WHERE slug = 'dry'"),
	    0);
	assert_int_equal(
	    world_int(&world, "SELECT count(*) FROM audit_events"), events);
}

static void
same_post_twice_is_done_once(void **state)
{
	static const char body[] = "{\"team_id\":\"core\",\"name\":\"Once\"}";
	const char *secret;
	json_t *key;

	with.idempotency_key = "k-1";
	secret = member(ask(201, "POST", "/keys", body), "secret");
	with.idempotency_key = "k-1";
	key = ask(201, "POST", "/keys", body);
	assert_true(call.reply.is_replayed);
	assert_true(str_eq(call.reply.etag, STR("\"1\"")));
	assert_string_equal(member(key, "secret"), secret);
	with.idempotency_key = "k-1";
	ask(422, "POST", "/keys", "{\"team_id\":\"core\",\"name\":\"Twice\"}");
	assert_int_equal(
	    world_int(&world,
		"SELECT count(*) FROM api_keys WHERE name IN ('Once',"
		" 'Twice')"),
	    1);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM idempotency_keys WHERE"
			     " position('sk-weir-' IN"
			     " encode(body_sealed, 'escape')) > 0"),
	    0);
}

static const char *
make_token(const char *rest)
{
	return member(
	    ask(201, "POST", "/admin-tokens",
		str_cstr(&world.arena,
		    str_printf(&world.arena,
			"{\"name\":\"t\",%s,\"expires_at\":"
			"\"%s\"}",
			rest,
			member(ask(200, "GET", "/me", ""), "expires_at")))),
	    "token");
}

static void
nobody_gives_away_what_he_does_not_hold(void **state)
{
	const char *token =
	    make_token("\"scopes\":[\"key:read\",\"token:create\"]");
	json_t *problem;

	with.token = token;
	problem = ask(400, "POST", "/admin-tokens",
	    "{\"name\":\"x\",\"scopes\":[\"key:read\",\"key:create\",\"*\"],"
	    "\"expires_at\":\"2000-01-01T00:00:00Z\"}");
	assert_true(has_fault(problem, "/scopes/1", "escalation"));
	assert_true(has_fault(problem, "/scopes/2", "escalation"));
	assert_true(has_fault(problem, "/expires_at", "range"));
}

static void
denial_names_the_permission_and_is_audited_once(void **state)
{
	const char *token = make_token("\"scopes\":[\"key:read\"]");

	for (int i = 0; i < 3; i++) {
		with.token = token;
		json_t *problem = ask(403, "POST", "/tenants", "{}");
		assert_true(str_eq(document_member(problem, "permission"),
		    STR("tenant:create")));
	}
	assert_int_equal(
	    world_int(&world,
		"SELECT count(*) FROM audit_events WHERE outcome = 'denied'"
		" AND action = 'tenant.create'"),
	    1);
}

static void
token_of_a_tenant_stays_inside(void **state)
{
	const char *token =
	    make_token("\"scopes\":[\"*\"],\"tenant_id\":\"acme\"");
	const char *other;
	json_t *answer;

	ask(201, "POST", "/tenants", "{\"slug\":\"other\"}");
	answer = ask(201, "POST", "/teams",
	    "{\"tenant_id\":\"other\",\"slug\":\"theirs\"}");
	other = path_of("teams", member(answer, "id"), "");
	with.token = token;
	ask(404, "GET", other, "");
	with.token = token;
	ask(404, "DELETE", other, "");
	with.token = token;
	answer = ask(400, "POST", "/teams",
	    "{\"tenant_id\":\"other\",\"slug\":\"mine\"}");
	assert_true(has_fault(answer, "/tenant_id", "not_found"));
	with.token = token;
	ask(403, "POST", "/tenants", "{\"slug\":\"mine\"}");
	with.token = token;
	answer = ask(200, "GET", "/tenants", "");
	assert_int_equal(json_array_size(json_object_get(answer, "data")), 1);
	with.token = token;
	ask(404, "GET", "/audit/verify?chain=platform", "");
}

static void
secret_of_a_provider_is_sealed(void **state)
{
	json_t *credential;

	ask(201, "POST", "/providers",
	    "{\"slug\":\"up\",\"kind\":\"openai\","
	    "\"base_url\":\"https://api.openai.com/v1\"}");
	credential = ask(201, "POST", "/credentials",
	    "{\"provider_id\":\"up\",\"name\":\"main\",\"secret\":\"sk-x1\"}");
	assert_true(str_find(call.reply.body, STR("sk-x1")) < 0);
	assert_true(str_has_prefix(
	    document_member(credential, "fingerprint"), STR("sha256:")));
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM credentials WHERE"
			     " sealed IS NOT NULL AND"
			     " position('sk-x1'::bytea IN sealed) = 0"),
	    1);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM audit_events WHERE"
			     " body LIKE '%sk-x1%'"),
	    0);
}

static void
each_change_is_one_event_and_one_revision(void **state)
{
	int64_t rev = world_int(&world, "SELECT rev FROM config_head");
	json_t *answer;

	ask(201, "POST", "/teams",
	    "{\"tenant_id\":\"acme\",\"slug\":\"counted\"}");
	assert_int_equal(
	    world_int(&world, "SELECT rev FROM config_head"), rev + 1);
	assert_int_equal(world_int(&world,
			     "SELECT count(*) FROM audit_events WHERE"
			     " action = 'team.create' AND"
			     " body LIKE '%counted%'"),
	    1);
	ask(409, "POST", "/teams",
	    "{\"tenant_id\":\"acme\",\"slug\":\"counted\"}");
	assert_int_equal(
	    world_int(&world, "SELECT rev FROM config_head"), rev + 1);
	answer = ask(200, "GET", "/config/revisions?limit=1", "");
	answer = json_array_get(json_object_get(answer, "data"), 0);
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "rev")), rev + 1);
}

static void
pages_show_every_row_once(void **state)
{
	size_t seen = 0;
	const char *target = "/teams?limit=2&q=page";
	json_t *page;

	for (int i = 0; i < 5; i++)
		ask(201, "POST", "/teams",
		    str_cstr(&world.arena,
			str_printf(&world.arena,
			    "{\"tenant_id\":\"acme\",\"name\":\"Page %d\"}",
			    i)));
	for (;;) {
		page = ask(200, "GET", target, "");
		seen += json_array_size(json_object_get(page, "data"));
		if (!json_is_true(json_object_get(page, "has_more")))
			break;
		target = str_cstr(&world.arena,
		    str_printf(&world.arena,
			"/teams?limit=2&q=page&page_token=%s",
			member(page, "next_page_token")));
	}
	assert_int_equal(seen, 5);
}

static void
prices_follow_each_other(void **state)
{
	static const char rows[] =
	    "{\"rows\":[{\"provider\":\"openai\",\"model\":\"m\","
	    "\"meter\":\"input\",\"usd_per_million\":\"1.5\","
	    "\"valid_from\":\"2025-01-01T00:00:00Z\"},"
	    "{\"provider\":\"openai\",\"model\":\"m\",\"meter\":\"input\","
	    "\"usd_per_million\":\"2.5\","
	    "\"valid_from\":\"2025-06-01T00:00:00Z\"}],\"source\":\"test\"}";
	json_t *answer = ask(200, "POST", "/prices/import", rows);

	assert_int_equal(
	    json_integer_value(json_object_get(answer, "created")), 2);
	answer = ask(200, "POST", "/prices/import", rows);
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "created")), 0);
	answer = ask(
	    200, "GET", "/prices?provider=openai&at=2025-03-01T00:00:00Z", "");
	answer = json_object_get(answer, "data");
	assert_int_equal(json_array_size(answer), 1);
	assert_true(str_eq(
	    document_member(json_array_get(answer, 0), "usd_per_million"),
	    STR("1.5")));
}

static void
tampering_is_found(void **state)
{
	json_t *report = ask(200, "GET", "/audit/verify?chain=platform", "");
	json_t *bad;

	assert_true(json_is_true(json_object_get(report, "ok")));
	world_sql(&world,
	    "UPDATE audit_events SET actor_id = 'nobody'"
	    " WHERE chain = 'platform' AND seq = 2");
	report = ask(200, "GET", "/audit/verify?chain=platform", "");
	assert_true(json_is_false(json_object_get(report, "ok")));
	bad = json_object_get(report, "first_bad");
	assert_int_equal(json_integer_value(json_object_get(bad, "seq")), 2);
	assert_true(str_eq(document_member(bad, "kind"), STR("columns")));
}

static void
expires_next_month(void)
{
	world_sql(&world,
	    "UPDATE admin_tokens SET expires_at = now() + interval '30 days'");
}

static int
setup(void **state)
{
	world_open(&world);
	assert_int_equal(bootstrap_admin_token(
			     world.db, world.keyring, STR("test"), 0, admin),
	    OK);
	expires_next_month();
	ask(201, "POST", "/tenants", "{\"slug\":\"acme\"}");
	ask(201, "POST", "/teams",
	    "{\"tenant_id\":\"acme\",\"slug\":\"core\"}");
	return 0;
}

static int
teardown(void **state)
{
	end_call();
	world_close(&world);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_is_made_shown_once_and_revoked),
		cmocka_unit_test(patch_counts_versions_and_keeps_to_if_match),
		cmocka_unit_test(dry_run_changes_nothing),
		cmocka_unit_test(same_post_twice_is_done_once),
		cmocka_unit_test(nobody_gives_away_what_he_does_not_hold),
		cmocka_unit_test(
		    denial_names_the_permission_and_is_audited_once),
		cmocka_unit_test(token_of_a_tenant_stays_inside),
		cmocka_unit_test(secret_of_a_provider_is_sealed),
		cmocka_unit_test(each_change_is_one_event_and_one_revision),
		cmocka_unit_test(pages_show_every_row_once),
		cmocka_unit_test(prices_follow_each_other),
		cmocka_unit_test(tampering_is_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
