/*
 * http_guard.c - one walk over the headers, then the verdict.
 */
#include "common/http_guard.h"

#include <string.h>
#include <strings.h>

#include "common/base.h"
#include "common/str.h"

struct survey {
	unsigned hosts;
	unsigned lengths;
	unsigned encodings;
	const char *fault;
};

static bool
is_token_char(unsigned char c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool
is_token(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_token_char((unsigned char)name.ptr[i]))
			return false;
	return name.len > 0;
}

static bool
has_control_char(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static bool
is_host(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (!is_token_char(c) && c != ':' && c != '[' && c != ']')
			return false;
		if (strchr("!#$&'*+^`|", c) != NULL)
			return false;
	}
	return value.len > 0;
}

/* 1*DIGIT without leading zeros, small enough for any limit of ours. */
static bool
is_length(struct str value)
{
	if (value.len == 0 || value.len > 12)
		return false;
	if (value.len > 1 && value.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return false;
	return true;
}

/* "Content_Length": some servers behind us would read it as the real one. */
static bool
is_disguised(struct str name)
{
	return str_eq_nocase(name, STR("content_length")) ||
	    str_eq_nocase(name, STR("transfer_encoding"));
}

static void
survey_framing(struct survey *s, struct str name, struct str value)
{
	if (str_eq_nocase(name, STR("host"))) {
		s->hosts++;
		if (!is_host(value))
			s->fault = "malformed Host header";
	} else if (str_eq_nocase(name, STR("content-length"))) {
		s->lengths++;
		if (!is_length(value))
			s->fault = "malformed Content-Length header";
	} else if (str_eq_nocase(name, STR("transfer-encoding"))) {
		s->encodings++;
		if (!str_eq_nocase(value, STR("chunked")))
			s->fault = "unsupported Transfer-Encoding";
	}
}

static enum MHD_Result
survey_header(void *context, enum MHD_ValueKind kind, const char *key,
    size_t key_len, const char *value, size_t value_len)
{
	struct survey *s = context;
	struct str name = str_make(key, key_len);
	struct str content = str_make(value, value_len);

	if (!is_token(name) || is_disguised(name))
		s->fault = "malformed header name";
	else if (has_control_char(content))
		s->fault = "control character in a header value";
	else
		survey_framing(s, name, content);
	return MHD_YES;
}

static bool
is_method(const char *method)
{
	static const char *const allowed[] = { "GET", "HEAD", "POST", "PUT",
		"PATCH", "DELETE", "OPTIONS" };

	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (strcmp(method, allowed[i]) == 0)
			return true;
	return false;
}

void
http_guard_uri(struct http_guard *guard, const char *uri)
{
	for (const unsigned char *c = (const unsigned char *)uri; *c; c++)
		if (*c < 0x21 || *c > 0x7e || *c == '#')
			guard->bad_uri = true;
}

static struct http_verdict
refuse(unsigned status, const char *why)
{
	return (struct http_verdict){ .status = status, .why = why };
}

static struct http_verdict
judge_framing(const struct survey *s, bool is_1_1)
{
	if (s->fault != NULL)
		return refuse(400, s->fault);
	if (s->hosts > 1 || (is_1_1 && s->hosts != 1))
		return refuse(400, "exactly one Host header is needed");
	if (s->lengths > 1)
		return refuse(400, "more than one Content-Length header");
	if (s->encodings > 1 || (s->encodings > 0 && s->lengths > 0))
		return refuse(400, "ambiguous body length");
	if (s->encodings > 0 && !is_1_1)
		return refuse(400, "Transfer-Encoding needs HTTP/1.1");
	return (struct http_verdict){ .must_close = s->encodings > 0 };
}

struct http_verdict
http_guard_check(const struct http_guard *guard,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version)
{
	struct survey s = { 0 };
	bool is_1_1 = strcmp(version, "HTTP/1.1") == 0;

	if (!is_1_1 && strcmp(version, "HTTP/1.0") != 0)
		return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken");
	if (!is_method(method))
		return refuse(400, "unknown method");
	if (strcmp(method, "OPTIONS") == 0)
		return refuse(405, "OPTIONS is not supported");
	if (guard->bad_uri || url[0] != '/')
		return refuse(400, "malformed request target");
	for (const unsigned char *c = (const unsigned char *)url; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return refuse(400, "control character in the path");

	MHD_get_connection_values_n(
	    connection, MHD_HEADER_KIND, survey_header, &s);
	return judge_framing(&s, is_1_1);
}
