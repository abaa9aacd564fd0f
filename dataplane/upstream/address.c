/*
 * address.c - ranges as data; IPv4 is looked at as ::ffff:a.b.c.d.
 *
 * Sources: the IANA special-purpose address registries (RFC 6890 and its
 * updates), RFC 6052 and 8215 (NAT64), RFC 3056 (6to4), and the metadata
 * addresses of the large clouds.
 */
#include "dataplane/upstream/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/base.h"

struct range {
	uint8_t address[16];
	uint8_t bits;
	bool never; /* also with allow_private_network */
};

#define V4(a, b, c, d, bits) \
	{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }, 96 + (bits)

static const struct range ranges[] = {
	{ V4(169, 254, 169, 254, 32), true },	  /* cloud metadata */
	{ V4(169, 254, 170, 2, 32), true },	  /* container credentials */
	{ V4(100, 100, 100, 200, 32), true },	  /* cloud metadata */
	{ V4(168, 63, 129, 16, 32), true },	  /* cloud host agent */
	{ { 0xfd, 0x00, 0x0e, 0xc2 }, 32, true }, /* fd00:ec2::/32 */
	{ V4(0, 0, 0, 0, 8), true },
	{ V4(224, 0, 0, 0, 3), true }, /* multicast, reserved */
	{ { 0xff }, 8, true },	       /* multicast */
	{ { 0 }, 128, true },	       /* :: */

	{ V4(10, 0, 0, 0, 8), false }, { V4(100, 64, 0, 0, 10), false },
	{ V4(127, 0, 0, 0, 8), false }, { V4(169, 254, 0, 0, 16), false },
	{ V4(172, 16, 0, 0, 12), false }, { V4(192, 0, 0, 0, 24), false },
	{ V4(192, 0, 2, 0, 24), false }, { V4(192, 168, 0, 0, 16), false },
	{ V4(198, 18, 0, 0, 15), false }, { V4(198, 51, 100, 0, 24), false },
	{ V4(203, 0, 113, 0, 24), false },
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128, false },
	{ { 0x00, 0x64, 0xff, 0x9b }, 32, false }, /* NAT64 */
	{ { 0x01, 0x00 }, 64, false },		   /* discard */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, false }, /* Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, false }, /* documentation */
	{ { 0x20, 0x02 }, 16, false },		   /* 6to4 */
	{ { 0xfc }, 7, false },			   /* unique local */
	{ { 0xfe, 0x80 }, 10, false },		   /* link local */
};

static bool
is_within(const uint8_t address[16], const struct range *range)
{
	size_t whole = range->bits / 8;
	unsigned rest = range->bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	if (memcmp(address, range->address, whole) != 0)
		return false;
	return rest == 0 ||
	    ((address[whole] ^ range->address[whole]) & mask) == 0;
}

bool
address_is_allowed(const struct sockaddr *address, bool allow_private_network)
{
	uint8_t bytes[16] = { 0 };

	if (address->sa_family == AF_INET) {
		bytes[10] = bytes[11] = 0xff;
		memcpy(bytes + 12,
		    &((const struct sockaddr_in *)address)->sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(bytes,
		    &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	} else {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (is_within(bytes, &ranges[i]) &&
		    (ranges[i].never || !allow_private_network))
			return false;
	return true;
}
