/*
 * metrics.c - see metrics.h.
 */
#include "common/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "common/base.h"

/* Metrics of every program start with this. */
#define SHARED_PREFIX "weir_process_"

struct metric_info {
	const char *kind;
	const char *name;
	const char *labels;
	const char *help;
};

static const struct metric_info infos[METRIC_COUNT] = {
#define METRIC(id, kind, name, labels, help) \
	[METRIC_##id] = { #kind, name, labels, help },
#include "common/metrics.def"
#undef METRIC
};

static _Atomic int64_t values[METRIC_COUNT];

void
metric_add(enum metric metric, int64_t amount)
{
	assert(metric < METRIC_COUNT);
	atomic_fetch_add_explicit(
	    &values[metric], amount, memory_order_relaxed);
}

void
metric_set(enum metric metric, int64_t value)
{
	assert(metric < METRIC_COUNT);
	atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t
metric_get(enum metric metric)
{
	assert(metric < METRIC_COUNT);
	return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

static bool
is_shown(const struct metric_info *info, struct str prefix)
{
	struct str name = str_from(info->name);

	return str_has_prefix(name, prefix) ||
	    str_has_prefix(name, STR(SHARED_PREFIX));
}

void
metrics_write(struct buf *out, struct str prefix)
{
	const char *family = "";

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric_info *info = &infos[i];

		if (!is_shown(info, prefix))
			continue;
		if (strcmp(family, info->name) != 0) {
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n",
			    info->name, info->help, info->name, info->kind);
			family = info->name;
		}
		buf_add_cstr(out, info->name);
		if (info->labels[0] != '\0')
			buf_printf(out, "{%s}", info->labels);
		buf_printf(out, " %" PRId64 "\n", metric_get((enum metric)i));
	}
}
