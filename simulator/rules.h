/*
 * rules.h - scripts that apply to requests which do not carry their own.
 *
 * Set through the control endpoint, read by every worker.  A rule may be for
 * one model and for a number of requests; the first that fits is used.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "common/str.h"
#include "simulator/script.h"

struct arena;
struct buf;

#define RULES_MAX 64
#define RULE_MODEL_SIZE 128

struct rule {
	char model[RULE_MODEL_SIZE]; /* "" for every model */
	int64_t times;		     /* uses left, -1 without end */
	struct script script;
};

struct rules { /* fields are private */
	pthread_mutex_t lock;
	_Atomic size_t count;
	struct rule rules[RULES_MAX];
};

void rules_init(struct rules *);
void rules_done(struct rules *);
void rules_clear(struct rules *);

/*
 * Replaces all rules by those of a JSON object or array of objects; on
 * E_INVALID nothing changes and `fault` says why.
 */
enum status rules_replace(
    struct rules *, struct arena *, struct str json, struct buf *fault);

/* Uses the rule for this model up once; false when there is none. */
bool rules_apply(struct rules *, struct str model, struct script *out);
