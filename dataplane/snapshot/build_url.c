/*
 * build_url.c - which base URLs and headers may be used for a provider.
 *
 * A host that is a name is checked again when it has been resolved; see
 * upstream/address.h.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/base.h"
#include "dataplane/snapshot/build_private.h"
#include "dataplane/upstream/address.h"

#define HOST_MAX 253

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* Graphic ASCII without what browsers and curl read in their own ways. */
static bool
is_url_char(char c)
{
	return c > ' ' && c <= '~' && c != '\\' && c != '"' && c != '<' &&
	    c != '>' && c != '{' && c != '}' && c != '|' && c != '^' &&
	    c != '`';
}

static bool
is_port(struct str text)
{
	uint64_t port;

	return text.len <= 5 && str_to_u64(text, &port) == OK && port > 0 &&
	    port <= UINT16_MAX;
}

static bool
is_allowed_ipv4(struct in_addr address, bool allow_private)
{
	struct sockaddr_in socket_address = {
		.sin_family = AF_INET,
		.sin_addr = address,
	};

	return address_is_allowed(
	    (const struct sockaddr *)&socket_address, allow_private);
}

static bool
is_allowed_ipv6(struct in6_addr address, bool allow_private)
{
	struct sockaddr_in6 socket_address = {
		.sin6_family = AF_INET6,
		.sin6_addr = address,
	};

	return address_is_allowed(
	    (const struct sockaddr *)&socket_address, allow_private);
}

static bool
is_local_name(struct str host)
{
	return str_eq_nocase(host, STR("localhost")) ||
	    (host.len > 10 &&
		str_eq_nocase(
		    str_skip(host, host.len - 10), STR(".localhost")));
}

static const char *
host_fault(struct str host, bool is_ipv6, bool allow_private)
{
	static const char private_host[] =
	    "is on a private network: set allow_private_network";
	char text[HOST_MAX + 1] = { 0 };
	struct in6_addr ipv6;
	struct in_addr ipv4;

	if (host.len == 0 || host.len > HOST_MAX)
		return "has no valid host";
	memcpy(text, host.ptr, host.len);
	if (is_ipv6) {
		if (inet_pton(AF_INET6, text, &ipv6) != 1)
			return "has no valid host";
		return is_allowed_ipv6(ipv6, allow_private) ? NULL
							    : private_host;
	}
	for (size_t i = 0; i < host.len; i++)
		if (!is_host_char(host.ptr[i]))
			return "has no valid host";
	/* inet_aton() reads what curl reads: 127.1, 0x7f000001, 2130706433. */
	if (inet_aton(text, &ipv4) != 0 &&
	    !is_allowed_ipv4(ipv4, allow_private))
		return private_host;
	if (is_local_name(host) && !allow_private)
		return private_host;
	return NULL;
}

/* "host", "host:port", "[::1]", "[::1]:port" */
static const char *
authority_fault(struct str authority, bool allow_private)
{
	bool is_ipv6 = authority.len > 0 && authority.ptr[0] == '[';
	ptrdiff_t end = str_find_char(authority, is_ipv6 ? ']' : ':');
	struct str host = authority;
	struct str rest = { 0 };

	if (is_ipv6 && end < 0)
		return "has no valid host";
	if (end >= 0) {
		host = str_head(authority, (size_t)end);
		rest = str_skip(authority, (size_t)end);
	}
	if (is_ipv6) {
		host = str_skip(host, 1);
		rest = str_skip(rest, 1);
	}
	if (rest.len > 0 && (rest.ptr[0] != ':' || !is_port(str_skip(rest, 1))))
		return "has no valid port";
	return host_fault(host, is_ipv6, allow_private);
}

const char *
build_url_fault(struct str url, bool allow_private_network)
{
	struct str authority;
	ptrdiff_t slash;

	for (size_t i = 0; i < url.len; i++)
		if (!is_url_char(url.ptr[i]))
			return "holds a character no URL has";
	if (str_has_prefix(url, STR("https://")))
		authority = str_skip(url, 8);
	else if (str_has_prefix(url, STR("http://")))
		authority = str_skip(url, 7);
	else
		return "does not begin with https:// or http://";
	if (str_find_char(url, '?') >= 0 || str_find_char(url, '#') >= 0)
		return "has a query or a fragment";
	slash = str_find_char(authority, '/');
	if (slash >= 0)
		authority = str_head(authority, (size_t)slash);
	if (str_find_char(authority, '@') >= 0)
		return "has a user name in it";
	return authority_fault(authority, allow_private_network);
}

/* --- headers ---------------------------------------------------------------------- */

/* Of one connection, or set by the gateway itself. */
static const char *const own_headers[] = {
	"connection",
	"keep-alive",
	"proxy-connection",
	"proxy-authenticate",
	"proxy-authorization",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"host",
	"expect",
	"content-length",
	"content-type",
	"content-encoding",
	"accept-encoding",
};

static bool
is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

const char *
build_header_fault(struct str name, struct str value)
{
	if (name.len == 0)
		return "is no header name";
	for (size_t i = 0; i < name.len; i++)
		if (!is_token_char(name.ptr[i]))
			return "is no header name";
	for (size_t i = 0; i < ARRAY_LEN(own_headers); i++)
		if (str_eq_nocase(name, str_from(own_headers[i])))
			return "is set by the gateway alone";
	for (size_t i = 0; i < value.len; i++)
		if (((unsigned char)value.ptr[i] < ' ' &&
			value.ptr[i] != '\t') ||
		    value.ptr[i] == 0x7f)
			return "has a control character in its value";
	return NULL;
}
