/* From rows to what a gateway fetches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/link.h"
#include "common/sign.h"
#include "common/wire.h"
#include "tests/unit/controlplane/service.h"

static const char catalogue_sql[] =
    "INSERT INTO tenants (id, slug, name, status) VALUES"
    " ('00000000-0000-7000-8000-000000000001', 'acme', 'Acme', 'active'),"
    " ('00000000-0000-7000-8000-000000000002', 'idle', 'Idle', 'suspended'),"
    " ('00000000-0000-7000-8000-000000000003', 'gone', 'Gone', 'archived');"
    "INSERT INTO teams (id, tenant_id, slug, name)"
    " SELECT overlay(id::text placing '1' from 1)::uuid, id, 'core', 'Core'"
    " FROM tenants;"
    "INSERT INTO api_keys (id, tenant_id, team_id, slug, name, display,"
    " public_id, pepper_version, verifier, status, allowed_models, labels,"
    " prev_public_id, prev_pepper_version, prev_verifier, prev_valid_until)"
    " SELECT gen_random_uuid(), m.tenant_id, m.id, s, s, s, m.id || s, 1,"
    " sha256('x'), s, '{\"a,b\",c}', '{\"env\": \"prod\"}',"
    " m.id || 'p' || s, 1, sha256('y'), now() + interval '1 hour'"
    " FROM teams m, unnest('{active,disabled,revoked}'::text[]) s;"
    "INSERT INTO providers (id, slug, name, kind, base_url, timeouts, headers,"
    " status) VALUES"
    " ('20000000-0000-7000-8000-000000000001', 'good', 'g', 'openai',"
    "  'https://x/v1', '{\"connect_ms\": 5}', '{\"x-a\": \"b\"}', 'active'),"
    " ('20000000-0000-7000-8000-000000000002', 'bad', 'b', 'nonsense',"
    "  'nonsense', '[1]', '\"x\"', 'active'),"
    " ('20000000-0000-7000-8000-000000000003', 'old', 'o', 'openai',"
    "  'https://y', '{}', '{}', 'archived');"
    "INSERT INTO credentials (id, provider_id, slug, name, env_ref) VALUES"
    " ('30000000-0000-7000-8000-000000000001',"
    "  '20000000-0000-7000-8000-000000000001', 'e', 'e', 'KEY'),"
    " ('30000000-0000-7000-8000-000000000003',"
    "  '20000000-0000-7000-8000-000000000003', 'e', 'e', 'KEY');"
    "INSERT INTO models (id, slug, name, alias) VALUES"
    " ('40000000-0000-7000-8000-000000000001', 'fast', 'f', 'fast');"
    "INSERT INTO deployments (model_id, position, provider_id,"
    " upstream_model) VALUES"
    " ('40000000-0000-7000-8000-000000000001', 1,"
    "  '20000000-0000-7000-8000-000000000003', 'm2'),"
    " ('40000000-0000-7000-8000-000000000001', 0,"
    "  '20000000-0000-7000-8000-000000000001', 'm1');"
    "INSERT INTO routes (id, slug, name, match, targets, retry_on) VALUES"
    " ('50000000-0000-7000-8000-000000000001', 'r1', 'r',"
    "  '{\"models\": [\"fast\"], \"labels\": {\"a\": \"b\"}}',"
    "  '[{\"model\": \"fast\"}, {\"provider\": \"good\","
    "  \"upstream_model\": \"m\", \"weight\": 3}]', '{connect,rate}'),"
    " ('50000000-0000-7000-8000-000000000002', 'r2', 'r', '[]', '\"x\"', '{}'),"
    " ('50000000-0000-7000-8000-000000000003', 'r3', 'r', '{}',"
    "  '[7, {\"provider\": \"none\", \"weight\": -1}]', '{}');"
    "INSERT INTO prices (id, layer, provider, model, meter, pico_per_unit,"
    " valid, source) VALUES"
    " ('60000000-0000-7000-8000-000000000001', 0, 'openai', '*', 'input',"
    "  250000, '[2026-01-01,)', 't');";

struct fetched {
	size_t counts[32]; /* by spec_case */
	const Weir__Link__V1__Provider *bad;
	const Weir__Link__V1__Model *model;
	const Weir__Link__V1__Route *routes[3];
	const Weir__Link__V1__Key *key;
	const Weir__Link__V1__Price *price;
	size_t suspended;
};

static void
note(struct fetched *out, const Weir__Link__V1__Resource *resource)
{
	out->counts[resource->spec_case]++;
	assert_int_equal(resource->id.len, 16);
	switch (resource->spec_case) {
	case WEIR__LINK__V1__RESOURCE__SPEC_TENANT:
		out->suspended += resource->tenant->suspended;
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_PROVIDER:
		if (strcmp(resource->provider->slug, "bad") == 0)
			out->bad = resource->provider;
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_MODEL:
		out->model = resource->model;
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_ROUTE:
		if (resource->route->slug[0] == 'r')
			out->routes[resource->route->slug[1] - '1'] =
			    resource->route;
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_KEY:
		out->key = resource->key;
		break;
	case WEIR__LINK__V1__RESOURCE__SPEC_PRICE:
		out->price = resource->price;
		break;
	default:
		break;
	}
}

/* Fetches all of a revision and checks digest and signature. */
static struct fetched
fetch(struct gateway_client *g, const Weir__Link__V1__ConfigHead *head)
{
	struct digest_stream *stream = digest_stream_new();
	uint8_t sha256[SHA256_SIZE], digest[SHA256_SIZE];
	struct fetched out = { 0 };
	ProtobufCMessage *message;
	size_t size = 0;

	for (uint32_t i = 0; i < head->chunk_count; i++) {
		const Weir__Link__V1__Answer *answer =
		    gateway_ask_chunk(g, head->rev, i);
		assert_int_equal(gateway_error(answer), 0);
		struct str payload = wire_bytes(answer->chunk->payload);

		assert_true(payload.len <= 1 << 20);
		digest_sha256(payload, sha256);
		assert_memory_equal(
		    sha256, answer->chunk->sha256.data, SHA256_SIZE);
		digest_stream_add(stream, str_make(sha256, SHA256_SIZE));
		size += payload.len;
		assert_int_equal(wire_unpack(&world.arena,
				     &weir__link__v1__resource_set__descriptor,
				     payload, 1 << 20, &message),
		    OK);
		Weir__Link__V1__ResourceSet *set =
		    (Weir__Link__V1__ResourceSet *)message;
		for (size_t j = 0; j < set->n_resources; j++)
			note(&out, set->resources[j]);
	}
	digest_stream_free(stream, digest);
	assert_int_equal(size, head->size_bytes);
	assert_memory_equal(digest, head->digest.data, SHA256_SIZE);

	struct str signed_text = str_printf(&world.arena,
	    "weir-config-v1%c%c%c%c%c%c%c%c................................", 0,
	    0, 0, 0, 0, 0, (int)(head->rev >> 8), (int)(head->rev & 0xff));
	memcpy((char *)signed_text.ptr + 22, digest, SHA256_SIZE);
	assert_int_equal(head->signature.len, SIGN_SIZE);
	assert_int_equal(sign_verify((const uint8_t *)g->sign_public.ptr,
			     signed_text, head->signature.data),
	    OK);
	return out;
}

static struct str
secrets_context(struct gateway_client *g, uint64_t rev)
{
	struct str context = str_printf(&world.arena,
	    "weir-secrets-v1................%c%c%c%c%c%c%c%c", 0, 0, 0, 0, 0, 0,
	    (int)(rev >> 8), (int)(rev & 0xff));

	memcpy((char *)context.ptr + 15, g->id.ptr, 16);
	return context;
}

static void
add_sealed_credential(void)
{
	struct id id;
	struct sealed_secret sealed;

	assert_int_equal(
	    id_from_uuid(STR("30000000-0000-7000-8000-000000000002"), &id), OK);
	sealed =
	    keyring_seal(world.keyring, &world.arena, id, STR("sk-canary"));
	const struct db_param params[] = { db_id(id), db_bytes(sealed.sealed),
		db_bytes(sealed.sealed_key), db_text(sealed.kek_id) };
	assert_int_equal(
	    db_run(world.db, &world.arena,
		"INSERT INTO credentials (id, provider_id, slug, name, sealed,"
		" sealed_key, kek_id) VALUES ($1,"
		" '20000000-0000-7000-8000-000000000001', 's', 's', $2, $3, "
		"$4)",
		params, ARRAY_LEN(params), NULL),
	    OK);
}

static void
what_stands_in_the_database_is_published(void **state)
{
	struct gateway_client g;

	service_let_in(&g);
	world_sql(&world, catalogue_sql);
	add_sealed_credential();
	world_sql(&world,
	    "UPDATE config_head SET rev = 300;"
	    "NOTIFY weir_config");
	service_wait_for_rev(300);
	const Weir__Link__V1__ConfigHead *head =
	    gateway_ask_config(&g)->config_head;
	assert_int_equal(head->rev, 300);
	struct fetched all = fetch(&g, head);

	assert_int_equal(all.counts[WEIR__LINK__V1__RESOURCE__SPEC_TENANT], 2);
	assert_int_equal(all.suspended, 1);
	assert_int_equal(all.counts[WEIR__LINK__V1__RESOURCE__SPEC_TEAM], 2);
	assert_int_equal(all.counts[WEIR__LINK__V1__RESOURCE__SPEC_KEY], 4);
	assert_int_equal(
	    all.counts[WEIR__LINK__V1__RESOURCE__SPEC_PROVIDER], 2);
	assert_int_equal(
	    all.counts[WEIR__LINK__V1__RESOURCE__SPEC_CREDENTIAL], 2);
	assert_int_equal(all.counts[WEIR__LINK__V1__RESOURCE__SPEC_ROUTE], 3);
	assert_int_equal(
	    all.counts[WEIR__LINK__V1__RESOURCE__SPEC_SETTINGS], 1);

	assert_int_equal(all.key->n_verifiers, 2);
	assert_true(all.key->verifiers[1]->not_after_us > 0);
	assert_int_equal(all.key->n_allowed_models, 2);
	assert_string_equal(all.key->allowed_models[0], "a,b");
	assert_int_equal(all.key->n_labels, 1);
	assert_string_equal(all.key->labels[0]->value, "prod");
	assert_int_equal(all.price->pico_per_unit, 250000);
	assert_int_equal(all.price->to_us, 0);
	assert_true(all.price->from_us > 0);

	/* Sensible or not. */
	assert_string_equal(all.bad->base_url, "nonsense");
	assert_int_equal(all.model->n_deployments, 2);
	assert_string_equal(all.model->deployments[0]->upstream_model, "m1");
	assert_int_equal(all.model->deployments[1]->provider_id.data[15], 3);
	assert_int_equal(all.routes[0]->n_targets, 2);
	assert_int_equal(all.routes[0]->targets[1]->weight, 3);
	assert_int_equal(all.routes[0]->targets[1]->provider_id.data[0], 0x20);
	assert_int_equal(all.routes[0]->n_retry_on, 2);
	assert_int_equal(all.routes[1]->n_targets, 1);
	assert_string_equal(all.routes[1]->targets[0]->model, "");
	assert_int_equal(all.routes[2]->n_targets, 2);
	assert_int_equal(all.routes[2]->targets[1]->weight, UINT32_MAX);
	assert_int_equal(all.routes[2]->targets[1]->provider_id.len, 16);
}

static void
secrets_open_for_their_gateway_only(void **state)
{
	struct gateway_client g, other;
	ProtobufCMessage *message;
	struct str plain;

	service_let_in(&g);
	service_let_in(&other);
	const Weir__Link__V1__ConfigHead *head =
	    gateway_ask_config(&g)->config_head;
	struct str boxed = wire_bytes(head->secrets);
	struct str context = secrets_context(&g, head->rev);

	assert_int_equal(
	    box_open(&world.arena, other.box_private, context, boxed, &plain),
	    E_CORRUPT);
	assert_int_equal(box_open(&world.arena, g.box_private,
			     secrets_context(&g, head->rev + 1), boxed, &plain),
	    E_CORRUPT);
	assert_int_equal(
	    box_open(&world.arena, g.box_private, context, boxed, &plain), OK);
	assert_int_equal(
	    wire_unpack(&world.arena, &weir__link__v1__secrets__descriptor,
		plain, 1 << 20, &message),
	    OK);
	const Weir__Link__V1__Secrets *secrets =
	    (const Weir__Link__V1__Secrets *)message;
	assert_int_equal(secrets->n_peppers, 1);
	assert_int_equal(secrets->n_credentials, 1);
	assert_true(str_eq(
	    wire_bytes(secrets->credentials[0]->secret), STR("sk-canary")));
}

static void
the_revision_before_can_still_be_fetched(void **state)
{
	struct gateway_client g;

	service_let_in(&g);
	world_sql(&world,
	    "UPDATE config_head SET rev = 301;"
	    "NOTIFY weir_config");
	service_wait_for_rev(301);
	assert_int_equal(gateway_error(gateway_ask_chunk(&g, 300, 0)), 0);
	assert_int_equal(gateway_error(gateway_ask_chunk(&g, 301, 0)), 0);
	assert_int_equal(
	    gateway_error(gateway_ask_chunk(&g, 301, 99)), INVALID);
	assert_int_equal(gateway_error(gateway_ask_chunk(&g, 299, 0)), GONE);
	world_sql(&world,
	    "UPDATE config_head SET rev = 302;"
	    "NOTIFY weir_config");
	service_wait_for_rev(302);
	assert_int_equal(gateway_error(gateway_ask_chunk(&g, 300, 0)), GONE);
}

static void
large_configurations_are_cut_into_chunks(void **state)
{
	struct gateway_client g;

	service_let_in(&g);
	world_sql(&world,
	    "INSERT INTO prices (id, layer, provider, model, meter,"
	    " pico_per_unit, valid, source) SELECT gen_random_uuid(), 1, 'p',"
	    " repeat('m', 300) || n, 'input', 1, '[2026-01-01,)', 't'"
	    " FROM generate_series(1, 9000) n;"
	    "UPDATE config_head SET rev = 303; NOTIFY weir_config");
	service_wait_for_rev(303);
	const Weir__Link__V1__ConfigHead *head =
	    gateway_ask_config(&g)->config_head;
	assert_true(head->chunk_count >= 3);
	struct fetched all = fetch(&g, head);
	assert_int_equal(
	    all.counts[WEIR__LINK__V1__RESOURCE__SPEC_PRICE], 9001);
	world_sql(&world, "DELETE FROM prices WHERE layer = 1");
}

static void
what_is_too_large_keeps_the_one_before(void **state)
{
	const struct publisher_options options = {
		.database_url = pg_url(world.pg),
		.compile = { .keyring = world.keyring, .max_bytes = 600 },
	};
	struct compiled *compiled = NULL;
	struct buf fault;

	buf_init(&fault, 1024);
	assert_int_equal(
	    compile_run(world.db, &options.compile, &compiled, &fault),
	    E_TOO_LARGE);
	assert_null(compiled);
	assert_true(str_find(buf_str(&fault), STR("too large")) >= 0);
	assert_false(db_is_in_transaction(world.db));
	buf_done(&fault);
}

static void
one_state_of_the_database_is_one_snapshot(void **state)
{
	const struct compile_options options = { .keyring = world.keyring,
		.max_bytes = 1 << 20 };
	struct compiled *one, *two;
	struct buf fault;

	buf_init(&fault, 1024);
	assert_int_equal(compile_run(world.db, &options, &one, &fault), OK);
	assert_int_equal(compile_run(world.db, &options, &two, &fault), OK);
	assert_memory_equal(one->digest, two->digest, SHA256_SIZE);
	assert_memory_equal(one->signature, two->signature, SIGN_SIZE);
	compiled_unref(one);
	compiled_unref(two);
	buf_done(&fault);
}

static void
a_new_revision_rings(void **state)
{
	const char *url = service_link_url("bell");
	struct publisher_options options = {
		.database_url = pg_url(world.pg),
		.compile = { .keyring = world.keyring, .max_bytes = 1 << 20 },
	};
	struct publisher *ringing;
	struct link *bell, *ear;
	ProtobufCMessage *message;
	struct str ring;
	uint64_t rev = 0;

	assert_int_equal(link_listen_publish(url, NULL, &bell), OK);
	assert_int_equal(link_dial_subscribe(url, NULL, &ear), OK);
	options.bell = bell;
	assert_int_equal(publisher_open(&options, &ringing), OK);
	/* Until the dialler is there, rings get lost: that is their nature. */
	for (int i = 0; i < 100 && rev == 0; i++) {
		world_sql(&world,
		    "UPDATE config_head SET rev = rev + 1;"
		    "NOTIFY weir_config");
		if (link_receive(ear, &world.arena, 100, &ring) != OK)
			continue;
		assert_int_equal(wire_unpack(&world.arena,
				     &weir__link__v1__doorbell__descriptor,
				     ring, 100, &message),
		    OK);
		rev = ((Weir__Link__V1__Doorbell *)message)->rev;
	}
	assert_true(rev > 303);
	publisher_close(ringing);
	link_close(ear);
	link_close(bell);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_in_the_database_is_published),
		cmocka_unit_test(secrets_open_for_their_gateway_only),
		cmocka_unit_test(the_revision_before_can_still_be_fetched),
		cmocka_unit_test(large_configurations_are_cut_into_chunks),
		cmocka_unit_test(what_is_too_large_keeps_the_one_before),
		cmocka_unit_test(one_state_of_the_database_is_one_snapshot),
		cmocka_unit_test(a_new_revision_rings),
	};

	return cmocka_run_group_tests(tests, service_open, service_close);
}
