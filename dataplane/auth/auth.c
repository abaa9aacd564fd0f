/*
 * auth.c - finds the key in the request, proves it, checks its limits.
 */
#include "dataplane/auth/auth.h"

#include <pthread.h>
#include <string.h>

#include "common/metrics.h"
#include "common/token.h"
#include "dataplane/request.h"

static const char dummy_pepper[] = "no key verifies under this pepper";
static struct hmac_key *dummy_key;
static pthread_once_t dummy_once = PTHREAD_ONCE_INIT;

static void
dummy_make(void)
{
	dummy_key = hmac_key_new(str_from(dummy_pepper));
}

static struct str
bearer(const char *header)
{
	struct str value = str_from(header);

	if (!str_has_prefix_nocase(value, STR("Bearer ")))
		return (struct str){ 0 };
	return str_trim(str_skip(value, 7));
}

/* The places SDKs put a key, in the order they are looked at. */
static struct str
find_key(const struct exchange *exchange)
{
	static const char *const headers[] = { "x-api-key", "api-key",
		"x-goog-api-key" };
	const char *value = exchange_header(exchange, "Authorization");
	struct str key = { 0 };

	if (value != NULL)
		key = bearer(value);
	for (size_t i = 0; i < ARRAY_LEN(headers) && key.len == 0; i++) {
		value = exchange_header(exchange, headers[i]);
		key = str_trim(str_from(value));
	}
	if (key.len == 0)
		key = str_from(exchange_query(exchange, "key"));
	return key;
}

/* NULL unless it is a key of ours, proved and in force at this moment. */
static const struct snapshot_verifier *
verify(struct request *req, struct str key)
{
	const struct snapshot_verifier *verifier;
	uint8_t hmac[SHA256_SIZE];
	struct str public_id;

	if (token_parse(key, TOKEN_PREFIX_KEY, &public_id) != OK)
		return NULL;
	verifier = snapshot_find_verifier(req->snapshot, public_id);
	pthread_once(&dummy_once, dummy_make);
	hmac_sign(verifier != NULL ? verifier->pepper : dummy_key, key, hmac);
	if (verifier == NULL)
		return NULL;
	if (!digest_eq(hmac, verifier->hmac, sizeof(hmac)))
		return NULL;
	if (verifier->not_after_us != 0 &&
	    req->born_wall_us >= verifier->not_after_us)
		return NULL;
	return verifier;
}

static bool
is_within(const uint8_t address[16], const struct snapshot_network *network)
{
	size_t whole = network->prefix_bits / 8;
	unsigned rest = network->prefix_bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (memcmp(address, network->address, whole) != 0)
		return false;
	return rest == 0 ||
	    ((address[whole] ^ network->address[whole]) & mask) == 0;
}

static bool
is_network_allowed(const struct request *req, const struct snapshot_key *key)
{
	uint8_t address[16];

	if (key->network_count == 0)
		return true;
	exchange_address(&req->exchange, address);
	for (size_t i = 0; i < key->network_count; i++)
		if (is_within(address, &key->networks[i]))
			return true;
	return false;
}

static enum status
unauthenticated(struct request *req, const char *message)
{
	metric_add(METRIC_GATEWAY_UNAUTHENTICATED, 1);
	request_fail_code(req, "invalid_api_key");
	return request_fail(req, E_UNAUTHENTICATED, NULL, "%s", message);
}

enum status
auth_stage(struct request *req)
{
	struct str key = find_key(&req->exchange);
	const struct snapshot_verifier *verifier;

	if (key.len == 0)
		return unauthenticated(req,
		    "no API key: send a Weir key (sk-weir-...) as "
		    "Authorization: Bearer or x-api-key");
	verifier = verify(req, key);
	if (verifier == NULL)
		return unauthenticated(req,
		    "this API key is not valid, was revoked or has expired");
	if (verifier->key->expires_us != 0 &&
	    req->born_wall_us >= verifier->key->expires_us)
		return unauthenticated(req,
		    "this API key is not valid, was revoked or has expired");
	req->key = verifier->key;
	if (req->key->disabled)
		return request_fail(
		    req, E_FORBIDDEN, NULL, "this API key is disabled");
	if (req->key->tenant->suspended)
		return request_fail(
		    req, E_FORBIDDEN, NULL, "this tenant is suspended");
	if (!is_network_allowed(req, req->key))
		return request_fail(req, E_FORBIDDEN, NULL,
		    "this API key may not be used from this address");
	return OK;
}
