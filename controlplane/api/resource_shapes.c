/*
 * resource_shapes.c - the fields every resource and every list has.
 */
#include "controlplane/api/resource.h"

#define SLUG_MAX 63
#define LABELS_MAX 16

static bool
is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

const char *
slug_fault(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool is_edge = i == 0 || i == text.len - 1;

		if (!is_lower_or_digit(text.ptr[i]) &&
		    (text.ptr[i] != '-' || is_edge))
			return "lower-case letters, digits and dashes, "
			       "a dash neither first nor last";
	}
	return NULL;
}

const char *
label_fault(struct str text)
{
	if (text.len == 0 || text.len > 63)
		return "a label's name has 1 to 63 bytes";
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!is_lower_or_digit(c) && (c < 'A' || c > 'Z') && c != '-' &&
		    c != '_' && c != '.' && c != '/')
			return "letters, digits and -_./";
	}
	return NULL;
}

static const struct field base_fields[] = {
	{ "id", FIELD_ID, FIELD_ON_READ, .help = "Never changes." },
	{ "slug", FIELD_TEXT, FIELD_SET, 1, SLUG_MAX, .check = slug_fault,
	    .help = "Short name; made from the name when left out." },
	{ "name", FIELD_TEXT, FIELD_SET, 1, 200,
	    .help = "For people; the slug when left out." },
	{ "labels", FIELD_MAP, FIELD_SET, 0, 255, LABELS_MAX, .fallback = "{}",
	    .check = label_fault, .help = "Up to 16 names with a text each." },
	{ "version", FIELD_INT, FIELD_ON_READ,
	    .help = "Counts changes; the ETag." },
	{ "created_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was made." },
	{ "updated_at", FIELD_TIME, FIELD_ON_READ,
	    .help = "When it was last changed." },
};

const struct shape resource_base = {
	.name = "Base",
	SHAPE_FIELDS(base_fields),
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INT, FIELD_ON_CREATE, 1, 200, .fallback = "50",
	    .help = "Most rows of a page." },
	{ "page_token", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "next_page_token of the page before." },
	{ "q", FIELD_TEXT, FIELD_ON_CREATE, 1, 200,
	    .help = "How the slug or the name begins." },
	{ "slug", FIELD_TEXT, FIELD_ON_CREATE, 1, 200, .help = "The slug." },
	{ "status", FIELD_TEXT, FIELD_ON_CREATE, 1, 20, .help = "The status." },
};

const struct shape resource_list_base = {
	.name = "List",
	SHAPE_FIELDS(list_fields),
};

static const struct field reason_fields[] = {
	{ "reason", FIELD_TEXT, FIELD_ON_CREATE, 1, 500,
	    .help = "Why; goes into the audit log." },
};

static const struct field reason_query_fields[] = {
	{ "reason", FIELD_TEXT, FIELD_ON_CREATE, 1, 500,
	    .help = "Why; goes into the audit log." },
	{ "dry_run", FIELD_BOOL, FIELD_ON_CREATE, .fallback = "false",
	    .help = "Check and do everything, then keep nothing." },
};

const struct shape reason_shape = {
	.name = "Reason",
	SHAPE_FIELDS(reason_fields),
};

const struct shape reason_query = {
	.name = "ReasonQuery",
	SHAPE_FIELDS(reason_query_fields),
};
