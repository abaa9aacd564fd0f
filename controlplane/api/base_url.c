/*
 * base_url.c - see base_url.h.
 */
#include "controlplane/api/base_url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct parts {
	struct str host;
	struct str port;
	struct str path;
	bool is_bracketed;
};

static struct str
take_scheme(struct str url)
{
	if (str_has_prefix_nocase(url, STR("https://")))
		return str_skip(url, STR("https://").len);
	if (str_has_prefix_nocase(url, STR("http://")))
		return str_skip(url, STR("http://").len);
	return STR("");
}

static bool
split(struct str url, struct parts *parts)
{
	struct str rest = take_scheme(url);
	ptrdiff_t slash = str_find_char(rest, '/');
	struct str authority = slash < 0 ? rest : str_head(rest, (size_t)slash);
	ptrdiff_t end;

	*parts = (struct parts){ 0 };
	parts->path = slash < 0 ? STR("") : str_skip(rest, (size_t)slash);
	parts->is_bracketed = str_has_prefix(authority, STR("["));
	if (parts->is_bracketed) {
		end = str_find_char(authority, ']');
		if (end < 0)
			return false;
		parts->host = str_head(str_skip(authority, 1), (size_t)end - 1);
		authority = str_skip(authority, (size_t)end + 1);
		if (!str_is_empty(authority) && authority.ptr[0] != ':')
			return false;
	} else {
		end = str_find_char(authority, ':');
		parts->host =
		    end < 0 ? authority : str_head(authority, (size_t)end);
		authority =
		    end < 0 ? STR("") : str_skip(authority, (size_t)end);
	}
	parts->port = str_skip(authority, 1);
	return str_is_empty(authority) || !str_is_empty(parts->port);
}

/* False when the text is no address of the family. */
static bool
parse_address(int family, struct str text, uint8_t out[16])
{
	char name[64];

	if (text.len >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", STR_ARGS(text));
	return inet_pton(family, name, out) == 1;
}

/* The part behind the last dot: "7" of "10.0.0.7", "com" of "a.com". */
static struct str
last_label(struct str host)
{
	struct str label = host;

	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] == '.')
			label = str_skip(host, i + 1);
	}
	return label;
}

/*
 * Whatever might be read as a number must be a plain dotted quad: resolvers
 * also take "127.1" and "0x7f000001" for an address.
 */
static const char *
host_fault(const struct parts *parts)
{
	struct str label = last_label(parts->host);
	uint8_t address[16];

	if (parts->is_bracketed)
		return parse_address(AF_INET6, parts->host, address)
		    ? NULL
		    : "not an IPv6 address";
	if (str_is_empty(parts->host) || parts->host.len > 253 ||
	    str_is_empty(label))
		return "a host is missing";
	for (size_t i = 0; i < parts->host.len; i++) {
		char c = parts->host.ptr[i];

		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
		    (c < '0' || c > '9') && c != '-' && c != '.' && c != '_')
			return "a host has letters, digits, dashes and dots";
	}
	if (label.ptr[0] >= '0' && label.ptr[0] <= '9' &&
	    !parse_address(AF_INET, parts->host, address))
		return "not an IPv4 address";
	return NULL;
}

const char *
base_url_fault(struct str url)
{
	struct parts parts;
	uint64_t port = 0;
	const char *wrong;

	if (str_is_empty(take_scheme(url)))
		return "begins with https:// or http://";
	for (size_t i = 0; i < url.len; i++) {
		if (url.ptr[i] <= ' ' || url.ptr[i] > '~' ||
		    strchr("@?#\\\"<>^`{|}", url.ptr[i]) != NULL)
			return "no spaces, user, query or fragment";
	}
	if (!split(url, &parts))
		return "host and port are malformed";
	wrong = host_fault(&parts);
	if (wrong != NULL)
		return wrong;
	if (!str_is_empty(parts.port) &&
	    (str_to_u64(parts.port, &port) != OK || port == 0 ||
		port > UINT16_MAX))
		return "a port is between 1 and 65535";
	if (str_find(parts.path, STR("/../")) >= 0 ||
	    str_has_suffix(parts.path, STR("/..")))
		return "no .. in the path";
	return NULL;
}

/* Networks no public host is in (IANA's special-purpose registries). */
static const struct {
	uint8_t address[4];
	uint8_t bits;
} special_v4[] = {
	{ { 0, 0, 0, 0 }, 8 },
	{ { 10, 0, 0, 0 }, 8 },
	{ { 100, 64, 0, 0 }, 10 },
	{ { 127, 0, 0, 0 }, 8 },
	{ { 169, 254, 0, 0 }, 16 },
	{ { 172, 16, 0, 0 }, 12 },
	{ { 192, 0, 0, 0 }, 24 },
	{ { 192, 168, 0, 0 }, 16 },
	{ { 198, 18, 0, 0 }, 15 },
	{ { 224, 0, 0, 0 }, 3 },
};

static bool
is_special_v4(const uint8_t address[4])
{
	for (size_t i = 0; i < ARRAY_LEN(special_v4); i++) {
		bool is_inside = true;

		for (uint8_t bit = 0; bit < special_v4[i].bits; bit++) {
			uint8_t mask = (uint8_t)(0x80 >> (bit % 8));

			if ((address[bit / 8] & mask) !=
			    (special_v4[i].address[bit / 8] & mask))
				is_inside = false;
		}
		if (is_inside)
			return true;
	}
	return false;
}

/* Also addresses that hold an IPv4 one: mapped, and by NAT64. */
static bool
is_special_v6(const uint8_t address[16])
{
	static const uint8_t zeros[15];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (memcmp(address, zeros, sizeof(zeros)) == 0 && address[15] <= 1)
		return true; /* :: and ::1 */
	if (memcmp(address, mapped, sizeof(mapped)) == 0 ||
	    memcmp(address, nat64, sizeof(nat64)) == 0)
		return is_special_v4(address + 12);
	return (address[0] & 0xfe) == 0xfc || address[0] == 0xff ||
	    (address[0] == 0xfe && (address[1] & 0x80) != 0);
}

bool
base_url_is_private(struct str url)
{
	struct parts parts;
	uint8_t address[16];

	if (!split(url, &parts))
		return true;
	if (parse_address(AF_INET, parts.host, address))
		return is_special_v4(address);
	if (parse_address(AF_INET6, parts.host, address))
		return is_special_v6(address);
	struct str label = last_label(parts.host);
	return str_eq_nocase(label, STR("localhost")) ||
	    str_eq_nocase(label, STR("local")) ||
	    str_eq_nocase(label, STR("internal"));
}
