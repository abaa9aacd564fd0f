/*
 * page.c - base64url of the place and the first bytes of a MAC.
 */
#include "controlplane/http/page.h"

#include <string.h>

#include "common/codec.h"
#include "common/digest.h"

#define MAC_SIZE 12

struct page {
	struct page_place place;
	uint8_t mac[MAC_SIZE];
	uint32_t unused; /* no byte is left undefined */
};

static_assert(sizeof(struct page) == 24 + MAC_SIZE + 4);

static void
sign(struct arena *arena, const uint8_t key[PAGE_KEY_SIZE], struct str binding,
    struct page *page)
{
	struct hmac_key *hmac = hmac_key_new(str_make(key, PAGE_KEY_SIZE));
	struct str place =
	    codec_hex(arena, str_make(&page->place, sizeof(page->place)));
	uint8_t mac[SHA256_SIZE];

	hmac_sign(hmac,
	    str_printf(arena, "%.*s %.*s", STR_ARGS(place), STR_ARGS(binding)),
	    mac);
	hmac_key_free(hmac);
	memcpy(page->mac, mac, MAC_SIZE);
}

struct str
page_token(struct arena *arena, const uint8_t key[PAGE_KEY_SIZE],
    struct str binding, const struct page_place *place)
{
	struct page page = { .place = *place };

	sign(arena, key, binding, &page);
	return codec_base64url(arena, str_make(&page, sizeof(page)));
}

enum status
page_open(struct arena *arena, const uint8_t key[PAGE_KEY_SIZE],
    struct str binding, struct str token, struct page_place *out)
{
	struct page expected = { 0 };
	struct page given;
	struct str bytes;

	if (codec_base64_decode(arena, token, &bytes) != OK ||
	    bytes.len != sizeof(given))
		return E_INVALID;
	memcpy(&given, bytes.ptr, sizeof(given));
	expected.place = given.place;
	sign(arena, key, binding, &expected);
	if (!digest_eq(expected.mac, given.mac, MAC_SIZE))
		return E_INVALID;
	*out = given.place;
	return OK;
}
