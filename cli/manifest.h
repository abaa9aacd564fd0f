/*
 * manifest.h - a seed file, and what each of its entries asks for.
 *
 * Sections are lists; their entries are bodies of the admin API, except that
 * a parent is named by its slug ("tenant", "team": "demo/default",
 * "provider"), that a provider says where the simulator plays it
 * ("simulator": a path), and that "source" says where a fact is from.
 *
 * With a simulator URL, a provider whose credential's environment variable
 * is not set is played by the simulator, with a fixed secret.
 */
#pragma once

#include <jansson.h>

#include "common/status.h"
#include "common/str.h"

struct arena;

struct manifest_section {      /* in the order of applying */
	const char *name;      /* of the section, and of the resource */
	const char *parent;    /* the member that names it; NULL: none */
	const char *parents;   /* the section the parent is in */
	const char *parent_id; /* the member of the body */
};

extern const struct manifest_section manifest_sections[];
extern const size_t manifest_section_count;

struct manifest { /* fields are private */
	json_t *root;
	struct str simulator;
};

/* Prints what is wrong.  manifest_done() it. */
enum status manifest_load(struct arena *, const char *path,
    const char *simulator_url, struct manifest *out);
void manifest_done(struct manifest *);

const json_t *manifest_entries(
    const struct manifest *, const struct manifest_section *);

/*
 * The body for one entry: without what is the manifest's own, without its
 * parent, with the label "seed".  The caller owns it.
 */
json_t *manifest_body(const struct manifest *, const struct manifest_section *,
    const json_t *entry);

/* The file of prices, beside the manifest; NULL when it names none. */
const char *manifest_prices(const struct manifest *);
