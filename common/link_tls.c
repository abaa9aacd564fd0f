/*
 * link_tls.c - both ends show a certificate of the private CA, or no link.
 */
#include "common/link_private.h"

#include "common/arena.h"
#include "common/base.h"
#include "common/daemon.h"
#include "common/seal.h"

#define PEM_MAX_BYTES (256u << 10)

static bool
is_tls(const struct link_tls *tls)
{
	return tls != NULL && tls->ca_file != NULL;
}

static enum status
own_certificate_set(nng_tls_config *config, const struct link_tls *tls)
{
	CLEANUP(arena_done) struct arena scratch;
	struct str certificate;
	struct str key;
	enum status s;

	arena_init(&scratch, 0);
	s = daemon_read_file(
	    &scratch, tls->cert_file, PEM_MAX_BYTES, &certificate);
	if (s != OK)
		return s;
	s = daemon_read_secret(&scratch, tls->key_file, PEM_MAX_BYTES, &key);
	if (s != OK)
		return s;
	s = link_status(
	    nng_tls_config_own_cert(config, certificate.ptr, key.ptr, NULL));
	seal_wipe((char *)key.ptr, key.len);
	return s;
}

static enum status
tls_fill(nng_tls_config *config, const struct link_tls *tls)
{
	enum status s;

	s = link_status(
	    nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED));
	if (s != OK)
		return s;
	/* The file may hold a revocation list beside the certificates. */
	s = link_status(nng_tls_config_ca_file(config, tls->ca_file));
	if (s != OK)
		return s;
	if (tls->server_name != NULL) {
		s = link_status(
		    nng_tls_config_server_name(config, tls->server_name));
		if (s != OK)
			return s;
	}
	return own_certificate_set(config, tls);
}

enum status
link_tls_new(const char *url, const struct link_tls *tls, nng_tls_mode mode,
    nng_tls_config **out)
{
	bool is_wanted = str_has_prefix(str_from(url), STR("tls+tcp://"));
	nng_tls_config *config;
	enum status s;

	/* A link is never less protected than its URL says, nor more. */
	if (is_wanted != is_tls(tls))
		return E_INVALID;
	*out = NULL;
	if (!is_wanted)
		return OK;
	assert(tls->cert_file != NULL);
	assert(tls->key_file != NULL);
	s = link_status(nng_tls_config_alloc(&config, mode));
	if (s != OK)
		return s;
	s = tls_fill(config, tls);
	if (s != OK) {
		nng_tls_config_free(config);
		return s;
	}
	*out = config;
	return OK;
}
