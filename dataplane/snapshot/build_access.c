/*
 * build_access.c - tenants, teams and keys.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/base.h"
#include "common/token.h"
#include "common/wire.h"
#include "dataplane/snapshot/build_private.h"

void
build_add_tenant(
    struct build *build, struct id id, const Weir__Link__V1__Scope *spec)
{
	struct tenant_entry *entry =
	    arena_alloc(&build->snapshot->arena, sizeof(*entry));

	entry->tenant = (struct snapshot_tenant){
		.id = id,
		.sid = spec->sid,
		.slug = build_text(build, spec->slug),
		.suspended = spec->suspended,
	};
	snapshot_map_init(build->snapshot, &entry->models);
	build_note_id(build, BUILD_TENANT, &entry->tenant.id, entry);
}

void
build_add_team(
    struct build *build, struct id id, const Weir__Link__V1__Scope *spec)
{
	struct team_entry *entry = arena_alloc(&build->scratch, sizeof(*entry));

	entry->id = id;
	entry->sid = spec->sid;
	entry->tenant_id =
	    build_read_id(build, BUILD_TEAM, id, "tenant_id", spec->tenant_id);
	build_note_id(build, BUILD_TEAM, &entry->id, entry);
}

/* --- keys ------------------------------------------------------------------------ */

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
static bool
parse_network(struct str text, struct snapshot_network *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char address[INET6_ADDRSTRLEN] = { 0 };
	struct str rest = text, part;
	struct snapshot_network network = { 0 };
	uint64_t bits = 128, bits_max = 128;

	if (!str_next(&rest, '/', &part) || part.len >= sizeof(address))
		return false;
	memcpy(address, part.ptr, part.len);
	if (inet_pton(AF_INET, address, network.address + 12) == 1) {
		memcpy(network.address, mapped, sizeof(mapped));
		bits_max = 32;
	} else if (inet_pton(AF_INET6, address, network.address) != 1) {
		return false;
	}
	if (part.len < text.len &&
	    (str_to_u64(rest, &bits) != OK || bits > bits_max))
		return false;
	if (bits_max == 32 && part.len < text.len)
		bits += 96;
	network.prefix_bits = (uint8_t)bits;
	*out = network;
	return true;
}

static void
add_networks(struct build *build, struct key_entry *entry,
    const Weir__Link__V1__Key *spec)
{
	struct snapshot_network *networks = arena_alloc_array(
	    &build->snapshot->arena, spec->n_cidrs, sizeof(*networks));

	for (size_t i = 0; i < spec->n_cidrs; i++)
		if (!parse_network(str_from(spec->cidrs[i]), &networks[i]))
			build_fault(build, BUILD_KEY, entry->key.id, "cidrs",
			    "\"%.64s\" is not a network", spec->cidrs[i]);
	entry->key.networks = networks;
	entry->key.network_count = spec->n_cidrs;
}

static void
add_labels(struct build *build, struct key_entry *entry,
    const Weir__Link__V1__Key *spec)
{
	struct snapshot_label *labels = arena_alloc_array(
	    &build->snapshot->arena, spec->n_labels, sizeof(*labels));

	for (size_t i = 0; i < spec->n_labels; i++)
		labels[i] = (struct snapshot_label){
			.name = build_text(build, spec->labels[i]->key),
			.value = build_text(build, spec->labels[i]->value),
		};
	entry->key.labels = labels;
	entry->key.label_count = spec->n_labels;
}

static void
add_verifier(struct build *build, struct key_entry *entry,
    const Weir__Link__V1__Verifier *spec)
{
	struct verifier_entry *verifier =
	    &entry->verifiers[entry->verifier_count];
	struct id id = entry->key.id;

	if (strlen(spec->public_id) != TOKEN_PUBLIC_LEN) {
		build_fault(build, BUILD_KEY, id, "verifiers.public_id",
		    "is not %d characters long", TOKEN_PUBLIC_LEN);
		return;
	}
	if (spec->hmac.len != SHA256_SIZE) {
		build_fault(build, BUILD_KEY, id, "verifiers.hmac",
		    "is not %d bytes long", SHA256_SIZE);
		return;
	}
	verifier->verifier.public_id = build_text(build, spec->public_id);
	verifier->verifier.not_after_us =
	    i64_from_u64(spec->not_after_us, INT64_MAX);
	verifier->verifier.key = &entry->key;
	verifier->pepper = spec->pepper;
	memcpy(verifier->verifier.hmac, spec->hmac.data, SHA256_SIZE);
	entry->verifier_count++;
}

void
build_add_key(
    struct build *build, struct id id, const Weir__Link__V1__Key *spec)
{
	struct arena *arena = &build->snapshot->arena;
	struct key_entry *entry = arena_alloc(arena, sizeof(*entry));

	entry->key = (struct snapshot_key){
		.id = id,
		.sid = spec->sid,
		.name = build_text(build, spec->name),
		.allowed_models = build_texts(
		    build, spec->allowed_models, spec->n_allowed_models),
		.allowed_model_count = spec->n_allowed_models,
		.expires_us = i64_from_u64(spec->expires_us, INT64_MAX),
		.disabled = spec->disabled,
	};
	entry->key.team_id =
	    build_read_id(build, BUILD_KEY, id, "team_id", spec->team_id);
	entry->tenant_id =
	    build_read_id(build, BUILD_KEY, id, "tenant_id", spec->tenant_id);
	add_networks(build, entry, spec);
	add_labels(build, entry, spec);
	entry->verifiers = arena_alloc_array(
	    arena, spec->n_verifiers, sizeof(*entry->verifiers));
	for (size_t i = 0; i < spec->n_verifiers; i++)
		add_verifier(build, entry, spec->verifiers[i]);
	if (build_note_id(build, BUILD_KEY, &entry->key.id, entry))
		list_append(&build->keys, &entry->node);
}

/* --- resolving -------------------------------------------------------------------- */

static const struct hmac_key *
find_pepper(const struct build *build, uint32_t version)
{
	LIST_FOREACH (node, &build->peppers) {
		const struct pepper_entry *entry =
		    container_of(node, struct pepper_entry, node);

		if (entry->version == version)
			return entry->key;
	}
	return NULL;
}

static void
resolve_verifiers(struct build *build, struct key_entry *entry)
{
	for (size_t i = 0; i < entry->verifier_count; i++) {
		struct verifier_entry *verifier = &entry->verifiers[i];
		struct str public_id = verifier->verifier.public_id;

		verifier->verifier.pepper =
		    find_pepper(build, verifier->pepper);
		if (verifier->verifier.pepper == NULL)
			build_fault(build, BUILD_KEY, entry->key.id,
			    "verifiers.pepper", "there is no pepper %u",
			    verifier->pepper);
		if (map_put(&build->snapshot->verifiers, public_id,
			&verifier->verifier) != NULL)
			build_fault(build, BUILD_KEY, entry->key.id,
			    "verifiers.public_id",
			    "is also that of another key");
	}
}

static void
resolve_key(struct build *build, struct key_entry *entry)
{
	const struct tenant_entry *tenant =
	    build_find(build, BUILD_TENANT, entry->tenant_id);
	const struct team_entry *team =
	    build_find(build, BUILD_TEAM, entry->key.team_id);
	struct id id = entry->key.id;

	if (tenant == NULL)
		build_fault(build, BUILD_KEY, id, "tenant_id",
		    "there is no such tenant");
	else
		entry->key.tenant = &tenant->tenant;
	if (team == NULL)
		build_fault(
		    build, BUILD_KEY, id, "team_id", "there is no such team");
	else if (!id_eq(team->tenant_id, entry->tenant_id))
		build_fault(build, BUILD_KEY, id, "team_id",
		    "is a team of another tenant");
	else
		entry->key.team_sid = team->sid;
	resolve_verifiers(build, entry);
}

void
build_resolve_keys(struct build *build)
{
	LIST_FOREACH (node, &build->keys)
		resolve_key(build, container_of(node, struct key_entry, node));
}
