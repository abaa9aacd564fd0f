/* The audit chain: what a row proves, and each way it can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/codec.h"
#include "common/json.h"
#include "controlplane/audit/audit.h"
#include "controlplane/audit/chain.h"

static struct arena arena;
static uint8_t prev[SHA256_SIZE];
static uint8_t hash[SHA256_SIZE];
static struct audit_row row;

static struct str
body_of(const struct audit_row *r)
{
	char id[ID_TEXT_SIZE], ts[CLOCK_TEXT_SIZE];

	return str_printf(&arena,
	    "{\"action\":\"%.*s\",\"actor\":{\"id\":\"adm_1\",\"kind\":"
	    "\"admin_token\"},\"chain\":\"platform\",\"id\":\"%s\","
	    "\"outcome\":\"success\",\"resource\":{\"id\":\"ten_1\",\"kind\":"
	    "\"tenant\"},\"seq\":%lld,\"ts\":\"%s\"}",
	    STR_ARGS(r->action), id_format(r->id, "evt", id), (long long)r->seq,
	    clock_format(r->ts_us, ts));
}

static void
seal_row(void)
{
	row.body = body_of(&row);
	chain_hash(prev, row.seq, row.body, hash);
	row.prev_hash = str_make(prev, sizeof(prev));
	row.hash = str_make(hash, sizeof(hash));
}

static int
setup(void **state)
{
	arena_init(&arena, 0);
	memset(prev, 7, sizeof(prev));
	row = (struct audit_row){
		.chain = STR("platform"),
		.seq = 5,
		.id = id_make(),
		.ts_us = 1795000000123456,
		.action = STR("tenant.create"),
		.outcome = STR("success"),
		.actor_kind = STR("admin_token"),
		.actor_id = STR("adm_1"),
		.resource_kind = STR("tenant"),
		.resource_id = STR("ten_1"),
	};
	seal_row();
	return 0;
}

static int
teardown(void **state)
{
	arena_done(&arena);
	return 0;
}

static void
assert_fault(const char *expected)
{
	const char *fault = chain_fault(&row, 4, prev);

	assert_non_null(fault);
	assert_string_equal(fault, expected);
}

static void
hash_is_sha256_of_its_parts(void **state)
{
	static const uint8_t zeros[SHA256_SIZE];
	uint8_t out[SHA256_SIZE];
	uint8_t bytes[SHA256_SIZE + 8 + 2] = { 0 };

	bytes[SHA256_SIZE + 6] = 0x01;
	bytes[SHA256_SIZE + 7] = 0x02;
	memcpy(bytes + SHA256_SIZE + 8, "{}", 2);
	digest_sha256(str_make(bytes, sizeof(bytes)), hash);
	chain_hash(zeros, 0x0102, STR("{}"), out);
	assert_memory_equal(out, hash, SHA256_SIZE);
}

static void
whole_row_is_fine(void **state)
{
	assert_null(chain_fault(&row, 4, prev));
}

static void
order_and_links_are_checked(void **state)
{
	assert_string_equal(chain_fault(&row, 3, prev), "seq");
	assert_string_equal(chain_fault(&row, 5, prev), "seq");
	prev[0] ^= 1;
	uint8_t other[SHA256_SIZE];
	memcpy(other, prev, sizeof(other));
	other[1] ^= 1;
	assert_string_equal(chain_fault(&row, 4, other), "prev_hash");
}

static void
changed_body_is_found(void **state)
{
	row.action = STR("tenant.delete");
	row.body = body_of(&row);
	assert_fault("hash");
}

static void
changed_columns_are_found(void **state)
{
	struct audit_row good = row;

	row.action = STR("nothing.happened");
	assert_fault("columns");
	row = good;
	row.outcome = STR("denied");
	assert_fault("columns");
	row = good;
	row.actor_id = STR("adm_2");
	assert_fault("columns");
	row = good;
	row.ts_us += 1;
	assert_fault("columns");
	row = good;
	row.ip = STR("192.0.2.1");
	assert_fault("columns");
	row = good;
	row.tenant_id = id_make();
	assert_fault("columns");
	row = good;
	row.resource_id = STR("");
	assert_fault("columns");
	row = good;
	row.chain = STR("tenant:x");
	assert_fault("columns");
}

static void
chains_are_named_after_tenants(void **state)
{
	struct id tenant = id_make();
	char text[ID_TEXT_SIZE];
	struct str name = chain_name(&arena, tenant);

	assert_true(str_has_prefix(name, STR("tenant:ten_")));
	assert_true(
	    str_has_suffix(name, str_from(id_format(tenant, "ten", text))));
	name = chain_name(&arena, (struct id){ { 0 } });
	assert_true(str_eq(name, STR("platform")));
}

static void
assert_diff(const char *before, const char *after, const char *expected)
{
	CLEANUP(json_release)
	json_t *a = before ? json_loads(before, 0, NULL) : NULL;
	CLEANUP(json_release)
	json_t *b = after ? json_loads(after, 0, NULL) : NULL;
	CLEANUP(json_release) json_t *wanted = json_loads(expected, 0, NULL);
	CLEANUP(json_release) json_t *found = audit_diff(a, b);

	assert_non_null(wanted);
	assert_true(json_equal(found, wanted));
}

static void
diff_names_what_changed(void **state)
{
	assert_diff("{\"a\":1}", "{\"a\":1}", "[]");
	assert_diff("{\"a\":1,\"b\":{\"x\":1}}", "{\"a\":2,\"b\":{\"x\":2}}",
	    "[{\"op\":\"replace\",\"path\":\"/a\",\"before\":1,\"after\":2},"
	    "{\"op\":\"replace\",\"path\":\"/b\",\"before\":{\"x\":1},"
	    "\"after\":{\"x\":2}}]");
	assert_diff(NULL, "{\"a\":1}",
	    "[{\"op\":\"add\",\"path\":\"/a\",\"after\":1}]");
	assert_diff("{\"a\":1}", NULL,
	    "[{\"op\":\"remove\",\"path\":\"/a\",\"before\":1}]");
	assert_diff(NULL, NULL, "[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    hash_is_sha256_of_its_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    whole_row_is_fine, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    order_and_links_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    changed_body_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    changed_columns_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    chains_are_named_after_tenants, setup, teardown),
		cmocka_unit_test(diff_names_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
