/*
 * certificates.h - a private CA for tests, made when they run.
 */
#pragma once

struct certificate;

/* Without an issuer it signs itself and may sign others. */
struct certificate *certificate_new(
    const char *name, const struct certificate *issuer);
void certificate_free(struct certificate *);

/* PEM; the key is written for its owner alone. */
void certificate_save(
    const struct certificate *, const char *cert_path, const char *key_path);
