/*
 * fuzz_snapshot.c - a configuration of arbitrary bytes: chunks, secrets, and
 * what was saved of it on disk.
 *
 * The first byte says what the rest is.  Whatever it is, the build ends with a
 * snapshot that can be looked at and freed, or with reasons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "dataplane/control/control.h"
#include "dataplane/snapshot/build.h"
#include "dataplane/snapshot/last_good.h"
#include "dataplane/snapshot/snapshot.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/weir-fuzz-XXXXXX";

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz_snapshot", LOG_ERROR);
	return mkdtemp(directory) == NULL;
}

static void
look_at(struct snapshot *snapshot, struct arena *arena)
{
	const struct snapshot_model *const *models;
	const struct snapshot_route *const *routes;
	size_t count, price_count;

	models = snapshot_models(snapshot, &count);
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_target *target = models[i]->targets;

		if (snapshot_find_model(snapshot, NULL, models[i]->alias) ==
			NULL &&
		    id_is_zero(models[i]->tenant_id))
			abort();
		for (size_t j = 0; j < models[i]->target_count; j++)
			snapshot_prices(snapshot, target[j].provider,
			    target[j].upstream_model, arena, &price_count);
	}
	routes = snapshot_routes(snapshot, &count);
	for (size_t i = 0; i < count; i++)
		if (routes[i]->target_count == 0)
			abort();
}

static void
build_one(struct str chunk, struct str secrets)
{
	struct build *build = build_new(1, 1 << 20);
	struct build_fault *faults = NULL;
	struct snapshot *snapshot;
	struct arena arena;
	size_t count = 0;
	enum status s;

	arena_init(&arena, 0);
	s = build_add_secrets(build, secrets);
	if (s == OK)
		s = build_add_chunk(build, chunk);
	if (s == OK)
		s = build_finish(build, &arena, &snapshot, &faults, &count);
	if (s == E_INVALID && (count == 0 || count > 100))
		abort();
	if (s == OK) {
		look_at(snapshot, &arena);
		snapshot_unref(snapshot);
	}
	build_free(build);
	arena_done(&arena);
}

static void
read_file(struct str bytes)
{
	struct last_good_place place = { .directory = directory };
	struct last_good_reader *reader;
	struct control_head head;
	struct arena arena;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/snapshot.lkg", directory);
	file = fopen(path, "w");
	if (file == NULL || fwrite(bytes.ptr, 1, bytes.len, file) != bytes.len)
		abort();
	fclose(file);
	arena_init(&arena, 0);
	if (last_good_reader_open(&place, &arena, &head, &reader) == OK)
		abort(); /* a seal was forged */
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make(data + 1, size > 0 ? size - 1 : 0);

	if (size == 0)
		return 0;
	if (data[0] == 'L')
		read_file(rest);
	else if (data[0] == 'S')
		build_one(STR(""), rest);
	else
		build_one(rest, STR(""));
	return 0;
}
