/*
 * certificates.c - see certificates.h; P-256, valid for an hour.
 */
#include "tests/unit/common/certificates.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base.h"

struct certificate {
	X509 *x509;
	EVP_PKEY *key;
};

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
extension_add(X509 *x509, int kind, const char *value)
{
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, NULL, kind, value);

	require(extension != NULL);
	require(X509_add_ext(x509, extension, -1));
	X509_EXTENSION_free(extension);
}

static void
subject_set(X509 *x509, const char *name)
{
	static int serial;
	X509_NAME *subject = X509_get_subject_name(x509);

	require(X509_set_version(x509, X509_VERSION_3));
	require(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial));
	require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0));
	require(X509_gmtime_adj(X509_getm_notBefore(x509), -60) != NULL);
	require(X509_gmtime_adj(X509_getm_notAfter(x509), 3600) != NULL);
}

struct certificate *
certificate_new(const char *name, const struct certificate *issuer)
{
	struct certificate *c = calloc(1, sizeof(*c));
	char alternative[128];

	require(c != NULL);
	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	require(c->key != NULL);
	require(c->x509 != NULL);
	subject_set(c->x509, name);
	require(X509_set_pubkey(c->x509, c->key));
	if (issuer == NULL) {
		issuer = c;
		extension_add(
		    c->x509, NID_basic_constraints, "critical,CA:TRUE");
		extension_add(
		    c->x509, NID_key_usage, "critical,keyCertSign,cRLSign");
	} else {
		snprintf(alternative, sizeof(alternative), "DNS:%s", name);
		extension_add(c->x509, NID_subject_alt_name, alternative);
	}
	require(
	    X509_set_issuer_name(c->x509, X509_get_subject_name(issuer->x509)));
	require(X509_sign(c->x509, issuer->key, EVP_sha256()) > 0);
	return c;
}

void
certificate_free(struct certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	free(c);
}

static FILE *
file_open(const char *path, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	require(fd >= 0);
	return fdopen(fd, "w");
}

void
certificate_save(
    const struct certificate *c, const char *cert_path, const char *key_path)
{
	FILE *file = file_open(cert_path, 0644);

	require(PEM_write_X509(file, c->x509));
	fclose(file);
	file = file_open(key_path, 0600);
	require(PEM_write_PrivateKey(file, c->key, NULL, NULL, 0, NULL, NULL));
	fclose(file);
}
