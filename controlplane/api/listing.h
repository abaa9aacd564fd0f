/*
 * listing.h - pages of lists: where they begin, and how they are told.
 */
#pragma once

#include "controlplane/http/call.h"
#include "controlplane/http/page.h"

struct tx;

struct listing {
	struct page_place after; /* zeros: the first page */
	int64_t limit;
	json_t *filter; /* the parameters that choose */
};

/* From the call's checked parameters. */
enum status listing_read(struct call *, struct listing *out);

/*
 * A copy of the filter as statements want it: references as uuids.  Those
 * that name nothing are faults.
 */
enum status listing_resolve(
    struct call *, struct tx *, const struct listing *, json_t **out);

/*
 * Answers with {data, has_more, next_page_token}.  `rows` holds up to
 * limit + 1 of them; place_of tells where a row stands.
 */
enum status listing_reply(struct call *, const struct listing *,
    const json_t *rows, struct page_place (*place_of)(const json_t *row));

/* The place of a row that is known by its id alone. */
struct page_place listing_place_by_id(const json_t *row);
