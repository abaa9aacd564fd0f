/*
 * field.h - what a resource consists of: one table per resource.
 *
 * The same table checks bodies, naming every fault at once, gives rows the
 * form callers see, and becomes the schema in /openapi.json.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/http/problem.h"
#include "controlplane/store/kind.h"

enum field_type {
	FIELD_ID,   /* the object's own id, of its shape's kind */
	FIELD_TEXT, /* min and max are its length in bytes */
	FIELD_INT,  /* between min and max */
	FIELD_BOOL,
	FIELD_TIME,    /* RFC 3339 */
	FIELD_REF,     /* a slug or an id of `kind`; shown as id */
	FIELD_MAP,     /* names to texts; min and max are of a text */
	FIELD_OBJECT,  /* of `shape` */
	FIELD_JSON,    /* anything; only ever read */
	FIELD_REFUSED, /* known, not yet supported: never ignored */
};

enum {
	FIELD_ON_CREATE = 1, /* a POST may set it */
	FIELD_ON_PATCH = 2,  /* a PATCH may set it */
	FIELD_ON_READ = 4,   /* it is shown */
	FIELD_REQUIRED = 8,
	FIELD_MANY = 16, /* an array of them, at most `most` */
	FIELD_SET = FIELD_ON_CREATE | FIELD_ON_PATCH | FIELD_ON_READ,
	FIELD_FIXED = FIELD_ON_CREATE | FIELD_ON_READ,
	FIELD_INPUT = FIELD_ON_CREATE | FIELD_ON_PATCH,
};

struct shape;

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	int64_t min;
	int64_t max;
	int64_t most;		  /* elements of MANY, members of MAP */
	const char *const *words; /* the only texts there are; NULL ends */
	const char *fallback;	  /* JSON used when absent; else null */
	enum kind kind;
	const struct shape *shape;
	/* NULL when the text is fine, else what is wrong with it. */
	const char *(*check)(struct str);
	const char *help;
};

struct shape {
	const char *name; /* "Tenant": its name as a schema */
	enum kind kind;	  /* of the id, if there is one */
	const struct field *fields;
	size_t count;
	const struct shape *base; /* whose fields come first */
};

#define SHAPE_FIELDS(table) .fields = (table), .count = ARRAY_LEN(table)

/* NULL when the shape, or what it is based on, has no such field. */
const struct field *shape_find(const struct shape *, struct str name);

/* Walks base and own fields; NULL past the last. */
const struct field *shape_at(const struct shape *, size_t place);

struct resolver {
	/* Finds the row; a fault's word and sentence when it cannot. */
	const char *(*resolve)(
	    struct resolver *, enum kind, struct str, struct id *out);
};

struct check {
	struct arena *arena;
	struct faults *faults;
	struct resolver *resolver; /* NULL: references stay as they are */
};

/*
 * Checks every member of the body and returns a new object with all fields
 * a create or patch (`mode`) may set, as rows have them: absent ones with
 * their fallback or null, references as uuid.
 */
json_t *shape_read(
    struct check *, const struct shape *, unsigned mode, const json_t *body);

/*
 * For PATCH: checks only the members given, merged into what `shown` (the
 * object as callers see it) has, and returns a copy of `row` with them.
 */
json_t *shape_merge(struct check *, const struct shape *, const json_t *body,
    const json_t *shown, const json_t *row);

/*
 * A row as callers see it.  All fields of the outermost shape are there, be
 * it as null; objects inside show only what they have.
 */
json_t *shape_show(struct arena *, const struct shape *, const json_t *row);
