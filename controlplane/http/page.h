/*
 * page.h - where the next page of a list begins, as an opaque token.
 *
 * A token holds the place where a page ended and is bound to what was asked,
 * so that it continues that list and no other.
 */
#pragma once

#include "common/id.h"
#include "common/status.h"
#include "common/str.h"

struct arena;

#define PAGE_KEY_SIZE 32

struct page_place {
	int64_t number; /* a time or a revision, or 0 */
	struct id id;
};

/* binding: what was asked, and by whom. */
struct str page_token(struct arena *, const uint8_t key[PAGE_KEY_SIZE],
    struct str binding, const struct page_place *);

/* E_INVALID unless the token was made with this key for this binding. */
enum status page_open(struct arena *, const uint8_t key[PAGE_KEY_SIZE],
    struct str binding, struct str token, struct page_place *out);
