/*
 * intake.c - see intake.h.
 */
#include "dataplane/snapshot/intake.h"

#include "common/arena.h"
#include "common/base.h"
#include "common/digest.h"
#include "dataplane/snapshot/build.h"
#include "dataplane/snapshot/snapshot.h"

struct intake { /* lifetime: its arena's */
	struct arena *arena;
	const struct control_head *head;
	struct build *build;
	struct digest_stream *digest; /* of the chunks' digests */
	uint64_t bytes;
	uint32_t chunks;
};

/* What is wrong with the configuration as a whole. */
static enum status
refuse(struct arena *arena, struct intake_faults *out, const char *field,
    const char *message)
{
	struct build_fault *fault = arena_alloc(arena, sizeof(*fault));

	*fault = (struct build_fault){
		.kind = STR("snapshot"),
		.field = str_from(field),
		.message = str_from(message),
	};
	*out = (struct intake_faults){ fault, 1 };
	return E_INVALID;
}

enum status
intake_open(struct control *control, struct arena *arena,
    const struct control_head *head, size_t max_bytes, struct intake **out,
    struct intake_faults *out_faults)
{
	struct intake *intake;

	if (head->size_bytes > max_bytes)
		return refuse(arena, out_faults, "size_bytes",
		    "is more than snapshot_max_bytes of this gateway");
	if (control_verify(control, head->rev, head->digest, head->signature) !=
	    OK)
		return refuse(arena, out_faults, "signature",
		    "is not by the control plane this gateway enrolled with");
	intake = arena_alloc(arena, sizeof(*intake));
	intake->arena = arena;
	intake->head = head;
	intake->build = build_new(head->rev, max_bytes);
	intake->digest = digest_stream_new();
	*out = intake;
	return OK;
}

enum status
intake_add(
    struct intake *intake, struct str chunk, struct intake_faults *out_faults)
{
	uint8_t digest[SHA256_SIZE];

	intake->bytes += chunk.len;
	intake->chunks++;
	if (intake->bytes > intake->head->size_bytes)
		return refuse(intake->arena, out_faults, "size_bytes",
		    "is less than there is");
	digest_sha256(chunk, digest);
	digest_stream_add(intake->digest, str_make(digest, sizeof(digest)));
	if (build_add_chunk(intake->build, chunk) != OK)
		return refuse(intake->arena, out_faults, "chunks",
		    "hold something this gateway cannot read");
	return OK;
}

static bool
is_complete(struct intake *intake)
{
	uint8_t digest[SHA256_SIZE];

	digest_stream_free(intake->digest, digest);
	intake->digest = NULL;
	return intake->chunks == intake->head->chunk_count &&
	    digest_eq(digest, intake->head->digest, sizeof(digest));
}

enum status
intake_finish(struct intake *intake, struct snapshot **out,
    struct intake_faults *out_faults)
{
	if (!is_complete(intake))
		return refuse(intake->arena, out_faults, "digest",
		    "is not that of the chunks");
	if (build_add_secrets(intake->build, intake->head->secrets) != OK)
		return refuse(intake->arena, out_faults, "secrets",
		    "cannot be read by this gateway");
	return build_finish(intake->build, intake->arena, out,
	    &out_faults->list, &out_faults->count);
}

void
intake_close(struct intake *intake)
{
	if (intake == NULL)
		return;
	if (intake->digest != NULL)
		digest_stream_free(intake->digest, NULL);
	build_free(intake->build);
}
