/*
 * build_test.c - a good configuration becomes tables, a bad one reasons.
 */
#include "dataplane/snapshot/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/wire.h"
#include "dataplane/snapshot/snapshot.h"
#include "tests/unit/dataplane/snapshot/catalog.h"

#define MAX_BYTES (1 << 20)

static struct arena arena;
static struct catalog catalog;
static struct build_fault *faults;
static size_t fault_count;

static int
set_up(void **state)
{
	arena_init(&arena, 0);
	catalog_init(&catalog, &arena);
	faults = NULL;
	fault_count = 0;
	return 0;
}

static int
tear_down(void **state)
{
	arena_done(&arena);
	return 0;
}

static enum status
build_catalog(struct snapshot **out)
{
	struct build *build = build_new(7, MAX_BYTES);
	enum status s;

	s = build_add_chunk(build, catalog_pack_all(&catalog));
	if (s == OK)
		s = build_add_secrets(build, catalog_pack_secrets(&catalog));
	if (s == OK)
		s = build_finish(build, &arena, out, &faults, &fault_count);
	build_free(build);
	return s;
}

static struct snapshot *
build_good(void)
{
	struct snapshot *snapshot;
	enum status s = build_catalog(&snapshot);

	for (size_t i = 0; s != OK && i < fault_count; i++)
		print_error("%.*s %.*s %.*s: %.*s\n", STR_ARGS(faults[i].kind),
		    STR_ARGS(faults[i].id), STR_ARGS(faults[i].field),
		    STR_ARGS(faults[i].message));
	assert_int_equal(s, OK);
	return snapshot;
}

/* --- good ones ----------------------------------------------------------------------- */

static void
test_key_is_found_and_verifies(void **state)
{
	struct snapshot *snapshot = build_good();
	const struct snapshot_verifier *verifier =
	    snapshot_find_verifier(snapshot, STR(CATALOG_PUBLIC_ID));
	uint8_t hmac[SHA256_SIZE];

	assert_non_null(verifier);
	hmac_sign(verifier->pepper, STR(CATALOG_KEY_TEXT), hmac);
	assert_memory_equal(hmac, verifier->hmac, sizeof(hmac));
	assert_int_equal(verifier->key->sid, ID_KEY);
	assert_int_equal(verifier->key->team_sid, ID_TEAM);
	assert_int_equal(verifier->key->tenant->sid, ID_TENANT);
	assert_null(snapshot_find_verifier(snapshot, STR("abcdefghijkm")));
	assert_int_equal(snapshot_rev(snapshot), 7);
	snapshot_unref(snapshot);
}

static void
test_networks(void **state)
{
	static char *cidrs[] = { (char *)"10.0.0.0/8", (char *)"192.0.2.7",
		(char *)"2001:db8::/32", (char *)"::1" };
	static const uint8_t bits[] = { 104, 128, 32, 128 };

	catalog.key->cidrs = cidrs;
	catalog.key->n_cidrs = 4;
	struct snapshot *snapshot = build_good();
	const struct snapshot_key *key =
	    snapshot_find_verifier(snapshot, STR(CATALOG_PUBLIC_ID))->key;

	assert_int_equal(key->network_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(key->networks[i].prefix_bits, bits[i]);
	assert_int_equal(key->networks[0].address[10], 0xff);
	assert_int_equal(key->networks[0].address[12], 10);
	snapshot_unref(snapshot);
}

static void
test_provider_and_credential(void **state)
{
	static const char expected[] =
	    "authorization: Bearer sk-upstream-secret";
	struct snapshot *snapshot = build_good();
	const struct snapshot_provider *provider =
	    snapshot_find_provider(snapshot, STR("openai"));

	assert_non_null(provider);
	assert_int_equal(provider->credential_count, 1);
	assert_true(str_eq_nocase(
	    str_from(provider->credentials[0].header), str_from(expected)));
	assert_string_equal(
	    snapshot_find_provider(snapshot, STR("local"))->base_url,
	    "http://127.0.0.1:7700/v1");
	assert_null(snapshot_find_provider(snapshot, STR("nobody")));
	snapshot_unref(snapshot);
}

static void
test_credential_of_environment_or_file(void **state)
{
	char path[] = "/tmp/weir-test-secret-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	fputs("sk-from-file\n", file);
	fclose(file);
	catalog.credential->file = path;
	struct snapshot *snapshot = build_good();
	assert_non_null(strstr(snapshot_find_provider(snapshot, STR("openai"))
				   ->credentials[0]
				   .header,
	    "sk-from-file"));
	snapshot_unref(snapshot);

	/* What this gateway lacks is skipped; the provider stays. */
	remove(path);
	snapshot = build_good();
	assert_int_equal(
	    snapshot_find_provider(snapshot, STR("openai"))->credential_count,
	    0);
	snapshot_unref(snapshot);

	catalog.credential->file = (char *)"";
	catalog.credential->env = (char *)"WEIR_TEST_SECRET";
	setenv("WEIR_TEST_SECRET", "bad\r\nsecret", 1);
	snapshot = build_good();
	assert_int_equal(
	    snapshot_find_provider(snapshot, STR("openai"))->credential_count,
	    0);
	snapshot_unref(snapshot);
	setenv("WEIR_TEST_SECRET", "sk-from-env", 1);
	snapshot = build_good();
	assert_int_equal(
	    snapshot_find_provider(snapshot, STR("openai"))->credential_count,
	    1);
	snapshot_unref(snapshot);
}

static void
test_model_is_the_tenants_before_the_one_for_all(void **state)
{
	catalog.own_model->alias = (char *)"gpt-5";
	struct snapshot *snapshot = build_good();
	const struct snapshot_tenant *tenant =
	    snapshot_find_verifier(snapshot, STR(CATALOG_PUBLIC_ID))
		->key->tenant;
	const struct snapshot_model *model =
	    snapshot_find_model(snapshot, tenant, STR("gpt-5"));
	size_t count;

	assert_int_equal(model->sid, ID_OWN_MODEL);
	model = snapshot_find_model(snapshot, NULL, STR("gpt-5"));
	assert_int_equal(model->sid, ID_MODEL);
	assert_null(snapshot_find_model(snapshot, tenant, STR("gpt-6")));

	/* Targets by priority: the local one has the lower number. */
	assert_int_equal(model->target_count, 2);
	assert_int_equal(model->targets[0].provider->sid, ID_LOCAL);
	assert_int_equal(model->targets[1].provider->sid, ID_OPENAI);
	snapshot_models(snapshot, &count);
	assert_int_equal(count, 2);
	snapshot_unref(snapshot);
}

static void
test_routes_are_sorted(void **state)
{
	Weir__Link__V1__Route second = *catalog.route;
	Weir__Link__V1__Resource *resource = catalog_add(&catalog, ID_FREE);

	second.slug = (char *)"before";
	second.priority = -1;
	second.sid = ID_FREE;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_ROUTE;
	resource->route = &second;
	struct snapshot *snapshot = build_good();
	const struct snapshot_route *const *routes;
	size_t count;

	routes = snapshot_routes(snapshot, &count);
	assert_int_equal(count, 2);
	assert_int_equal(routes[0]->sid, ID_FREE);
	assert_int_equal(routes[1]->sid, ID_ROUTE);
	assert_int_equal(routes[1]->targets[0].model->sid, ID_MODEL);
	assert_int_equal(routes[1]->retry_classes,
	    1u << FAILURE_RATE | 1u << FAILURE_OVERLOADED);
	snapshot_unref(snapshot);
}

static bool
has_price(const struct snapshot_price *const *rows, size_t count, uint32_t sid)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i]->sid == sid)
			return true;
	return false;
}

static void
test_prices(void **state)
{
	const struct snapshot_price *const *rows;
	size_t count;

	catalog.local->slug = (char *)"my-openai";
	catalog_add_price(&catalog, ID_FREE, "my-openai", "sim-5", "input");
	catalog_add_price(&catalog, ID_FREE + 1, "openai", "sim-*", "input");
	catalog_add_price(&catalog, ID_FREE + 2, "openai", "*", "output");
	catalog_add_price(&catalog, ID_FREE + 3, "gemini", "*", "output");
	catalog_add_price(&catalog, ID_FREE + 4, "openai", "gpt-5", "input")
	    ->tier = (char *)"batch";
	struct snapshot *snapshot = build_good();
	const struct snapshot_provider *local =
	    snapshot_find_provider(snapshot, STR("my-openai"));
	const struct snapshot_provider *openai =
	    snapshot_find_provider(snapshot, STR("openai"));

	/* By its slug, by its kind, by prefix; not by another kind. */
	rows = snapshot_prices(snapshot, local, STR("sim-5"), &arena, &count);
	assert_int_equal(count, 3);
	assert_int_equal(rows[0]->sid, ID_FREE);
	assert_true(has_price(rows, count, ID_FREE + 1));
	assert_true(has_price(rows, count, ID_FREE + 2));

	/* One that no target names is collected on demand. */
	rows = snapshot_prices(snapshot, local, STR("gpt-5"), &arena, &count);
	assert_int_equal(count, 2);
	assert_int_equal(rows[0]->sid, ID_PRICE);
	rows = snapshot_prices(snapshot, openai, STR("gpt-5"), &arena, &count);
	assert_int_equal(count, 2);
	rows = snapshot_prices(snapshot, openai, STR("x"), &arena, &count);
	assert_int_equal(count, 1);
	assert_true(rows[0]->is_prefix);
	assert_int_equal(rows[0]->model.len, 0);
	snapshot_unref(snapshot);
}

static void
test_any_order_and_any_chunks(void **state)
{
	struct build *build = build_new(7, MAX_BYTES);
	struct snapshot *snapshot;

	assert_int_equal(
	    build_add_secrets(build, catalog_pack_secrets(&catalog)), OK);
	for (size_t i = catalog.count; i-- > 0;)
		assert_int_equal(
		    build_add_chunk(build, catalog_pack(&catalog, i, 1)), OK);
	assert_int_equal(
	    build_finish(build, &arena, &snapshot, &faults, &fault_count), OK);
	assert_non_null(
	    snapshot_find_verifier(snapshot, STR(CATALOG_PUBLIC_ID)));
	snapshot_unref(snapshot);
	build_free(build);
}

static void
test_nothing_is_a_configuration(void **state)
{
	struct build *build = build_new(1, MAX_BYTES);
	struct snapshot *snapshot;
	size_t count;

	assert_int_equal(
	    build_finish(build, &arena, &snapshot, &faults, &fault_count), OK);
	snapshot_models(snapshot, &count);
	assert_int_equal(count, 0);
	snapshot_routes(snapshot, &count);
	assert_int_equal(count, 0);
	snapshot_unref(snapshot);
	build_free(build);
}

static void
test_limits(void **state)
{
	struct str chunk = catalog_pack_all(&catalog);
	struct build *build = build_new(1, chunk.len + 1);

	assert_int_equal(build_add_chunk(build, chunk), OK);
	assert_int_equal(build_add_chunk(build, chunk), E_TOO_LARGE);
	build_free(build);

	build = build_new(1, MAX_BYTES);
	assert_int_equal(
	    build_add_chunk(build, STR("no protobuf at all")), E_CORRUPT);
	assert_int_equal(
	    build_add_secrets(build, STR("\x0a\x02\x12\x05")), E_CORRUPT);
	build_free(build);
}

static void
test_cell(void **state)
{
	struct snapshot_cell *cell = snapshot_cell_new();
	struct snapshot *snapshot = build_good();

	assert_int_equal(snapshot_cell_version(cell), 0);
	assert_null(snapshot_cell_get(cell));
	snapshot_cell_set(cell, snapshot);
	assert_int_equal(snapshot_cell_version(cell), 1);
	struct snapshot *mine = snapshot_cell_get(cell);
	assert_ptr_equal(mine, snapshot);
	snapshot_cell_set(cell, build_good());
	assert_int_equal(snapshot_cell_version(cell), 2);
	/* Still there for those who hold it. */
	assert_non_null(snapshot_find_provider(mine, STR("openai")));
	snapshot_unref(mine);
	snapshot_cell_free(cell);
}

/* --- bad ones ------------------------------------------------------------------------ */

static const char hop_header[] = "Transfer-Encoding";

static void
set_header(const char *name, const char *value)
{
	Weir__Link__V1__Provider__HeadersEntry *entry =
	    arena_alloc(&arena, sizeof(*entry));

	weir__link__v1__provider__headers_entry__init(entry);
	entry->key = (char *)name;
	entry->value = (char *)value;
	catalog.openai->headers = arena_alloc(&arena, sizeof(entry));
	catalog.openai->headers[0] = entry;
	catalog.openai->n_headers = 1;
}

static void
duplicate(size_t place, uint8_t id)
{
	Weir__Link__V1__Resource *resource = catalog_add(&catalog, id);
	ProtobufCBinaryData own_id = resource->id;

	*resource = *catalog.resources[place];
	resource->id = own_id;
}

static size_t
place_of(uint8_t id)
{
	for (size_t i = 0; i < catalog.count; i++)
		if (catalog.resources[i]->id.data[15] == id)
			return i;
	abort();
}

#define BEND(name, statement)         \
	static void bend_##name(void) \
	{                             \
		statement;            \
	}
BEND(kind, catalog.openai->kind = (char *)"no-such-kind")
BEND(url_scheme, catalog.openai->base_url = (char *)"ftp://x/v1")
BEND(url_host, catalog.openai->base_url = (char *)"https:///v1")
BEND(url_user, catalog.openai->base_url = (char *)"https://u:p@x.com/v1")
BEND(url_query, catalog.openai->base_url = (char *)"https://x.com/v1?a=b")
BEND(url_fragment, catalog.openai->base_url = (char *)"https://x.com/v1#a")
BEND(url_port, catalog.openai->base_url = (char *)"https://x.com:99999/v1")
BEND(url_space, catalog.openai->base_url = (char *)"https://x.com/v 1")
BEND(url_loopback, catalog.openai->base_url = (char *)"http://127.0.0.1/v1")
BEND(url_decimal, catalog.openai->base_url = (char *)"http://2130706433/v1")
BEND(url_hex, catalog.openai->base_url = (char *)"http://0x7f.1/v1")
BEND(url_ipv6, catalog.openai->base_url = (char *)"http://[::1]:80/v1")
BEND(url_ipv6_open, catalog.openai->base_url = (char *)"http://[::1/v1")
BEND(url_mapped,
    catalog.openai->base_url = (char *)"http://[::ffff:10.0.0.1]/v1")
BEND(url_localhost, catalog.openai->base_url = (char *)"http://localhost/v1")
BEND(url_private, catalog.openai->base_url = (char *)"http://10.1.2.3/v1")
BEND(
    url_metadata, catalog.local->base_url = (char *)"http://169.254.169.254/v1")
BEND(slug_twice, catalog.local->slug = (char *)"openai")
BEND(slug_empty, catalog.local->slug = (char *)"")
BEND(header_hop, set_header(hop_header, "chunked"))
BEND(header_name, set_header("x y", "1"))
BEND(header_crlf, set_header("x-a", "1\r\nx-b: 2"))
BEND(header_host, set_header("Host", "evil"))
BEND(timeout, ({
	catalog.openai->timeouts =
	    arena_alloc(&arena, sizeof(*catalog.openai->timeouts));
	weir__link__v1__timeouts__init(catalog.openai->timeouts);
	catalog.openai->timeouts->idle_ms = UINT32_MAX;
}))
BEND(id_twice, duplicate(place_of(ID_OPENAI), ID_OPENAI))
BEND(credential_provider,
    catalog.credential->provider_id = catalog_id(&catalog, 99))
BEND(credential_weight, catalog.credential->weight = UINT32_MAX)
BEND(key_tenant, catalog.key->tenant_id = catalog_id(&catalog, 99))
BEND(key_team, catalog.key->team_id = catalog_id(&catalog, 99))
BEND(key_team_of_other,
    catalog.team->tenant_id = catalog_id(&catalog, ID_OTHER_TENANT))
BEND(key_cidr, ({
	static char *bad[] = { (char *)"10.0.0.0/33" };
	catalog.key->cidrs = bad;
	catalog.key->n_cidrs = 1;
}))
BEND(key_cidr_text, ({
	static char *bad[] = { (char *)"everywhere" };
	catalog.key->cidrs = bad;
	catalog.key->n_cidrs = 1;
}))
BEND(verifier_hmac, catalog.key->verifiers[0]->hmac.len = 31)
BEND(verifier_public_id, catalog.key->verifiers[0]->public_id = (char *)"short")
BEND(verifier_pepper, catalog.key->verifiers[0]->pepper = 9)
BEND(public_id_twice, duplicate(place_of(ID_KEY), ID_FREE))
BEND(model_provider,
    catalog.model->deployments[0]->provider_id = catalog_id(&catalog, 99))
BEND(model_upstream, catalog.model->deployments[0]->upstream_model = (char *)"")
BEND(model_weight, catalog.model->deployments[0]->weight = UINT32_MAX)
BEND(model_empty, catalog.model->n_deployments = 0)
BEND(model_alias_empty, catalog.model->alias = (char *)"")
BEND(model_alias_twice, duplicate(place_of(ID_MODEL), ID_FREE))
BEND(model_tenant, catalog.own_model->tenant_id = catalog_id(&catalog, 99))
BEND(route_empty, catalog.route->n_targets = 0)
BEND(route_model, catalog.route->targets[0]->model = (char *)"gpt-99")
/* A route for all must not lead into a tenant's own model. */
BEND(route_model_hidden,
    catalog.route->targets[0]->model = (char *)"secret-sauce")
BEND(route_both,
    catalog.route->targets[0]->provider_id = catalog_id(&catalog, ID_LOCAL))
BEND(route_strategy, catalog.route->strategy = (char *)"astrology")
BEND(route_attempts, catalog.route->max_attempts = 99)
BEND(route_retry, ({
	static char *bad[] = { (char *)"sometimes" };
	catalog.route->retry_on = bad;
	catalog.route->n_retry_on = 1;
}))
BEND(route_slug_twice, duplicate(place_of(ID_ROUTE), ID_FREE))
BEND(route_match_key, ({
	static ProtobufCBinaryData ids[1];
	ids[0] = catalog_id(&catalog, 0);
	catalog.route->match->key_ids = ids;
	catalog.route->match->n_key_ids = 1;
}))
BEND(price_negative, catalog.price->pico_per_unit = -1)
BEND(price_layer, catalog.price->layer = 5)
BEND(price_meter, catalog.price->meter = (char *)"")
BEND(price_model, catalog.price->model = (char *)"")
BEND(price_range, ({
	catalog.price->from_us = 10;
	catalog.price->to_us = 10;
}))

static const struct {
	void (*bend)(void);
	const char *kind;
	const char *field;
} table[] = {
	{ bend_kind, "provider", "kind" },
	{ bend_url_scheme, "provider", "base_url" },
	{ bend_url_host, "provider", "base_url" },
	{ bend_url_user, "provider", "base_url" },
	{ bend_url_query, "provider", "base_url" },
	{ bend_url_fragment, "provider", "base_url" },
	{ bend_url_port, "provider", "base_url" },
	{ bend_url_space, "provider", "base_url" },
	{ bend_url_loopback, "provider", "base_url" },
	{ bend_url_decimal, "provider", "base_url" },
	{ bend_url_hex, "provider", "base_url" },
	{ bend_url_ipv6, "provider", "base_url" },
	{ bend_url_ipv6_open, "provider", "base_url" },
	{ bend_url_mapped, "provider", "base_url" },
	{ bend_url_localhost, "provider", "base_url" },
	{ bend_url_private, "provider", "base_url" },
	{ bend_url_metadata, "provider", "base_url" },
	{ bend_slug_twice, "provider", "slug" },
	{ bend_slug_empty, "provider", "slug" },
	{ bend_header_hop, "provider", "headers" },
	{ bend_header_name, "provider", "headers" },
	{ bend_header_crlf, "provider", "headers" },
	{ bend_header_host, "provider", "headers" },
	{ bend_timeout, "provider", "timeouts.idle_ms" },
	{ bend_id_twice, "provider", "id" },
	{ bend_credential_provider, "credential", "provider_id" },
	{ bend_credential_weight, "credential", "weight" },
	{ bend_key_tenant, "key", "tenant_id" },
	{ bend_key_team, "key", "team_id" },
	{ bend_key_team_of_other, "key", "team_id" },
	{ bend_key_cidr, "key", "cidrs" },
	{ bend_key_cidr_text, "key", "cidrs" },
	{ bend_verifier_hmac, "key", "verifiers.hmac" },
	{ bend_verifier_public_id, "key", "verifiers.public_id" },
	{ bend_verifier_pepper, "key", "verifiers.pepper" },
	{ bend_public_id_twice, "key", "verifiers.public_id" },
	{ bend_model_provider, "model", "targets.provider" },
	{ bend_model_upstream, "model", "targets.upstream_model" },
	{ bend_model_weight, "model", "targets" },
	{ bend_model_empty, "model", "deployments" },
	{ bend_model_alias_empty, "model", "alias" },
	{ bend_model_alias_twice, "model", "alias" },
	{ bend_model_tenant, "model", "tenant_id" },
	{ bend_route_empty, "route", "targets" },
	{ bend_route_model, "route", "targets.model" },
	{ bend_route_model_hidden, "route", "targets.model" },
	{ bend_route_both, "route", "targets" },
	{ bend_route_strategy, "route", "strategy" },
	{ bend_route_attempts, "route", "max_attempts" },
	{ bend_route_retry, "route", "retry_on" },
	{ bend_route_slug_twice, "route", "slug" },
	{ bend_route_match_key, "route", "match.keys" },
	{ bend_price_negative, "price", "pico_per_unit" },
	{ bend_price_layer, "price", "layer" },
	{ bend_price_meter, "price", "meter" },
	{ bend_price_model, "price", "model" },
	{ bend_price_range, "price", "to_us" },
};

static bool
has_fault(const char *kind, const char *field)
{
	for (size_t i = 0; i < fault_count; i++)
		if (str_eq(faults[i].kind, str_from(kind)) &&
		    str_eq(faults[i].field, str_from(field)))
			return true;
	return false;
}

static void
test_every_fault_is_named(void **state)
{
	struct snapshot *snapshot;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		catalog_init(&catalog, &arena);
		table[i].bend();
		if (build_catalog(&snapshot) != E_INVALID)
			fail_msg("case %zu (%s %s) was taken", i, table[i].kind,
			    table[i].field);
		if (!has_fault(table[i].kind, table[i].field))
			fail_msg("case %zu: no fault at %s %s but %.*s %.*s", i,
			    table[i].kind, table[i].field,
			    STR_ARGS(faults[0].kind),
			    STR_ARGS(faults[0].field));
		for (size_t j = 0; j < fault_count; j++) {
			assert_true(faults[j].message.len > 0);
			assert_true(faults[j].id.len > 26);
		}
	}
}

static void
test_all_faults_at_once_but_not_without_end(void **state)
{
	struct snapshot *snapshot;

	bend_kind();
	bend_price_negative();
	bend_route_strategy();
	assert_int_equal(build_catalog(&snapshot), E_INVALID);
	assert_int_equal(fault_count, 3);

	static char *bad[500];
	for (size_t i = 0; i < 500; i++)
		bad[i] = (char *)"nowhere";
	catalog.key->cidrs = bad;
	catalog.key->n_cidrs = 500;
	assert_int_equal(build_catalog(&snapshot), E_INVALID);
	assert_int_equal(fault_count, 100);
}

/* Whatever the bytes, the build ends well; see also fuzz_snapshot. */
static void
test_mutations(void **state)
{
	struct str good = catalog_pack_all(&catalog);

	srandom(3);
	for (int round = 0; round < 10000; round++) {
		struct build *build = build_new(1, MAX_BYTES);
		struct str bytes = str_copy(&arena, good);
		struct snapshot *snapshot;

		for (int i = 0; i <= round % 4; i++)
			((char *)bytes.ptr)[(size_t)random() % bytes.len] =
			    (char)random();
		enum status s = build_add_chunk(build, bytes);
		if (s == OK)
			s = build_finish(
			    build, &arena, &snapshot, &faults, &fault_count);
		if (s == OK)
			snapshot_unref(snapshot);
		build_free(build);
		arena_reset(&arena);
		catalog_init(&catalog, &arena);
		good = catalog_pack_all(&catalog);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_key_is_found_and_verifies),
		TEST(test_networks),
		TEST(test_provider_and_credential),
		TEST(test_credential_of_environment_or_file),
		TEST(test_model_is_the_tenants_before_the_one_for_all),
		TEST(test_routes_are_sorted),
		TEST(test_prices),
		TEST(test_any_order_and_any_chunks),
		TEST(test_nothing_is_a_configuration),
		TEST(test_limits),
		TEST(test_cell),
		TEST(test_every_fault_is_named),
		TEST(test_all_faults_at_once_but_not_without_end),
		TEST(test_mutations),
	};

	log_init("build_test", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
