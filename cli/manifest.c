/* manifest.c - see manifest.h. */
#include "cli/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon.h"
#include "common/digest.h"
#include "common/json.h"

enum {
	FILE_MAX_BYTES = 16 * 1024 * 1024,
	DEPTH_MAX = 32,
};

const struct manifest_section manifest_sections[] = {
	{ "tenants", NULL, NULL, NULL },
	{ "teams", "tenant", "tenants", "tenant_id" },
	{ "providers", NULL, NULL, NULL },
	{ "credentials", "provider", "providers", "provider_id" },
	{ "models", "tenant", "tenants", "tenant_id" },
	{ "routes", "tenant", "tenants", "tenant_id" },
	{ "keys", "team", "teams", "team_id" },
};
const size_t manifest_section_count = ARRAY_LEN(manifest_sections);

static bool
is_section(const char *name)
{
	for (size_t i = 0; i < manifest_section_count; i++) {
		if (strcmp(manifest_sections[i].name, name) == 0)
			return true;
	}
	return strcmp(name, "prices") == 0;
}

/* Every entry is an object with a slug, every section a known list. */
static enum status
check(const char *path, const json_t *root)
{
	const char *name;
	json_t *section;
	const json_t *entry;
	size_t i;

	json_object_foreach((json_t *)root, name, section)
	{
		if (strcmp(name, "about") == 0)
			continue;
		if (!is_section(name)) {
			fprintf(stderr, "weirctl: %s: what is \"%s\"?\n", path,
			    name);
			return E_INVALID;
		}
		json_array_foreach(section, i, entry)
		{
			if (json_string_value(json_object_get(entry, "slug")) !=
			    NULL)
				continue;
			fprintf(stderr, "weirctl: %s: %s[%zu] has no slug\n",
			    path, name, i);
			return E_INVALID;
		}
	}
	return OK;
}

enum status
manifest_load(struct arena *arena, const char *path, const char *simulator_url,
    struct manifest *out)
{
	struct json_fault fault = { .text = "it is no object" };
	struct str text;
	enum status s;

	*out = (struct manifest){ .simulator = str_from(simulator_url) };
	while (str_has_suffix(out->simulator, STR("/")))
		out->simulator.len--;
	s = daemon_read_file(arena, path, FILE_MAX_BYTES, &text);
	if (s != OK) {
		fprintf(stderr, "weirctl: %s cannot be read\n", path);
		return s;
	}
	s = json_parse(text, DEPTH_MAX, &out->root, &fault);
	if (s != OK || !json_is_object(out->root)) {
		fprintf(stderr, "weirctl: %s:%d:%d: %s\n", path, fault.line,
		    fault.column, fault.text);
		return E_INVALID;
	}
	return check(path, out->root);
}

void
manifest_done(struct manifest *manifest)
{
	json_release(&manifest->root);
}

const json_t *
manifest_entries(
    const struct manifest *manifest, const struct manifest_section *section)
{
	return json_object_get(manifest->root, section->name);
}

const char *
manifest_prices(const struct manifest *manifest)
{
	return json_string_value(json_object_get(manifest->root, "prices"));
}

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && value[0] != '\0';
}

/* Whether the simulator plays this provider: none of its keys is there. */
static bool
is_simulated(const struct manifest *manifest, const char *provider)
{
	const json_t *credential;
	size_t i;

	if (str_is_empty(manifest->simulator))
		return false;
	json_array_foreach(
	    json_object_get(manifest->root, "credentials"), i, credential)
	{
		const char *of =
		    json_string_value(json_object_get(credential, "provider"));
		const char *variable =
		    json_string_value(json_object_get(credential, "env_ref"));

		if (of != NULL && variable != NULL &&
		    strcmp(of, provider) == 0 && is_set(variable))
			return false;
	}
	return true;
}

static void
shape_provider(
    const struct manifest *manifest, const json_t *entry, json_t *body)
{
	const char *slug = json_string_value(json_object_get(entry, "slug"));
	const char *path =
	    json_string_value(json_object_get(entry, "simulator"));
	bool simulated = path != NULL && is_simulated(manifest, slug);

	/* Said either way, so that a switch back takes it away again. */
	if (simulated || json_object_get(body, "allow_private_network") == NULL)
		json_object_set_new(
		    body, "allow_private_network", json_boolean(simulated));
	if (simulated)
		json_object_set_new(body, "base_url",
		    json_sprintf(
			"%.*s%s", STR_ARGS(manifest->simulator), path));
}

static void
shape_credential(
    const struct manifest *manifest, const json_t *entry, json_t *body)
{
	const char *provider =
	    json_string_value(json_object_get(entry, "provider"));

	if (provider == NULL || !is_simulated(manifest, provider))
		return;
	json_object_del(body, "env_ref");
	json_object_set_new(
	    body, "secret", json_sprintf("simulated-%s", provider));
}

/* A fingerprint of the body, by which a changed entry is known. */
static void
add_label(json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_t *labels = json_object_get(body, "labels");
	char digest[16];

	if (text == NULL)
		abort();
	snprintf(digest, sizeof(digest), "%08x",
	    (unsigned)digest_crc32(str_from(text)));
	free(text);
	if (labels == NULL) {
		labels = json_object();
		json_object_set_new(body, "labels", labels);
	}
	json_object_set_new(labels, "seed", json_string(digest));
}

json_t *
manifest_body(const struct manifest *manifest,
    const struct manifest_section *section, const json_t *entry)
{
	json_t *body = json_deep_copy(entry);

	if (strcmp(section->name, "providers") == 0)
		shape_provider(manifest, entry, body);
	if (strcmp(section->name, "credentials") == 0)
		shape_credential(manifest, entry, body);
	json_object_del(body, "simulator");
	json_object_del(body, "source");
	add_label(body);
	if (section->parent != NULL)
		json_object_del(body, section->parent);
	return body;
}
