/*
 * catalog.c - see catalog.h.
 */
#include "tests/unit/dataplane/snapshot/catalog.h"

#include <string.h>

#include "common/digest.h"
#include "common/wire.h"

static const char pepper[] = "pepper pepper pepper pepper 1234";

#define NEW(catalog, type, init)                                          \
	({                                                                \
		type *new_ = arena_alloc((catalog)->arena, sizeof(type)); \
		*new_ = (type)init;                                       \
		new_;                                                     \
	})

ProtobufCBinaryData
catalog_id(struct catalog *catalog, uint8_t id)
{
	uint8_t *bytes = arena_alloc(catalog->arena, 16);

	bytes[15] = id;
	return (ProtobufCBinaryData){ 16, bytes };
}

Weir__Link__V1__Resource *
catalog_add(struct catalog *catalog, uint8_t id)
{
	Weir__Link__V1__Resource *resource = NEW(
	    catalog, Weir__Link__V1__Resource, WEIR__LINK__V1__RESOURCE__INIT);

	assert(catalog->count < CATALOG_MAX);
	resource->id = catalog_id(catalog, id);
	catalog->resources[catalog->count++] = resource;
	return resource;
}

static Weir__Link__V1__Scope *
add_scope(struct catalog *c, uint8_t id, const char *slug, uint8_t tenant)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, id);
	Weir__Link__V1__Scope *scope =
	    NEW(c, Weir__Link__V1__Scope, WEIR__LINK__V1__SCOPE__INIT);

	scope->sid = id;
	scope->slug = (char *)slug;
	if (tenant != 0) {
		scope->tenant_id = catalog_id(c, tenant);
		resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_TEAM;
		resource->team = scope;
	} else {
		resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_TENANT;
		resource->tenant = scope;
	}
	return scope;
}

static void
add_key(struct catalog *c)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, ID_KEY);
	Weir__Link__V1__Verifier *verifier =
	    NEW(c, Weir__Link__V1__Verifier, WEIR__LINK__V1__VERIFIER__INIT);
	uint8_t *hmac = arena_alloc(c->arena, SHA256_SIZE);
	struct hmac_key *key = hmac_key_new(str_make(pepper, 32));

	hmac_sign(key, STR(CATALOG_KEY_TEXT), hmac);
	hmac_key_free(key);
	verifier->public_id = (char *)CATALOG_PUBLIC_ID;
	verifier->pepper = 1;
	verifier->hmac = (ProtobufCBinaryData){ SHA256_SIZE, hmac };

	c->key = NEW(c, Weir__Link__V1__Key, WEIR__LINK__V1__KEY__INIT);
	c->key->sid = ID_KEY;
	c->key->tenant_id = catalog_id(c, ID_TENANT);
	c->key->team_id = catalog_id(c, ID_TEAM);
	c->key->name = (char *)"demo";
	c->key->verifiers =
	    arena_alloc_array(c->arena, 4, sizeof(*c->key->verifiers));
	c->key->verifiers[0] = verifier;
	c->key->n_verifiers = 1;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_KEY;
	resource->key = c->key;
}

static Weir__Link__V1__Provider *
add_provider(struct catalog *c, uint8_t id, const char *slug, const char *url)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, id);
	Weir__Link__V1__Provider *provider =
	    NEW(c, Weir__Link__V1__Provider, WEIR__LINK__V1__PROVIDER__INIT);

	provider->sid = id;
	provider->slug = (char *)slug;
	provider->kind = (char *)"openai";
	provider->base_url = (char *)url;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_PROVIDER;
	resource->provider = provider;
	return provider;
}

static void
add_credential(struct catalog *c)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, ID_CREDENTIAL);

	c->credential = NEW(
	    c, Weir__Link__V1__Credential, WEIR__LINK__V1__CREDENTIAL__INIT);
	c->credential->provider_id = catalog_id(c, ID_OPENAI);
	c->credential->weight = 1;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_CREDENTIAL;
	resource->credential = c->credential;
}

static Weir__Link__V1__Model *
add_model(
    struct catalog *c, uint8_t id, const char *alias, const char *names[2])
{
	Weir__Link__V1__Resource *resource = catalog_add(c, id);
	Weir__Link__V1__Model *model =
	    NEW(c, Weir__Link__V1__Model, WEIR__LINK__V1__MODEL__INIT);

	model->sid = id;
	model->alias = (char *)alias;
	model->deployments =
	    arena_alloc_array(c->arena, 2, sizeof(*model->deployments));
	for (uint8_t i = 0; i < 2; i++) {
		Weir__Link__V1__Deployment *deployment =
		    NEW(c, Weir__Link__V1__Deployment,
			WEIR__LINK__V1__DEPLOYMENT__INIT);

		deployment->provider_id = catalog_id(c, ID_OPENAI + i);
		deployment->upstream_model = (char *)names[i];
		deployment->weight = 1;
		deployment->priority = 1 - i;
		model->deployments[i] = deployment;
	}
	model->n_deployments = 2;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_MODEL;
	resource->model = model;
	return model;
}

static void
add_route(struct catalog *c)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, ID_ROUTE);
	Weir__Link__V1__Match *match =
	    NEW(c, Weir__Link__V1__Match, WEIR__LINK__V1__MATCH__INIT);
	Weir__Link__V1__Target *target =
	    NEW(c, Weir__Link__V1__Target, WEIR__LINK__V1__TARGET__INIT);
	static char *models[] = { (char *)"auto" };
	static char *retry_on[] = { (char *)"rate", (char *)"overloaded" };

	match->models = models;
	match->n_models = 1;
	target->model = (char *)"gpt-5";
	c->route = NEW(c, Weir__Link__V1__Route, WEIR__LINK__V1__ROUTE__INIT);
	c->route->sid = ID_ROUTE;
	c->route->slug = (char *)"default";
	c->route->priority = 100;
	c->route->match = match;
	c->route->targets =
	    arena_alloc_array(c->arena, 4, sizeof(*c->route->targets));
	c->route->targets[0] = target;
	c->route->n_targets = 1;
	c->route->strategy = (char *)"priority";
	c->route->max_attempts = 3;
	c->route->retry_on = retry_on;
	c->route->n_retry_on = 2;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_ROUTE;
	resource->route = c->route;
}

Weir__Link__V1__Price *
catalog_add_price(struct catalog *c, uint8_t id, const char *provider,
    const char *model, const char *meter)
{
	Weir__Link__V1__Resource *resource = catalog_add(c, id);
	Weir__Link__V1__Price *price =
	    NEW(c, Weir__Link__V1__Price, WEIR__LINK__V1__PRICE__INIT);

	price->sid = id;
	price->provider = (char *)provider;
	price->model = (char *)model;
	price->meter = (char *)meter;
	price->tier = (char *)"standard";
	price->pico_per_unit = 1250000;
	resource->spec_case = WEIR__LINK__V1__RESOURCE__SPEC_PRICE;
	resource->price = price;
	return price;
}

static void
add_secrets(struct catalog *c)
{
	Weir__Link__V1__Pepper *entry =
	    NEW(c, Weir__Link__V1__Pepper, WEIR__LINK__V1__PEPPER__INIT);
	Weir__Link__V1__CredentialSecret *secret =
	    NEW(c, Weir__Link__V1__CredentialSecret,
		WEIR__LINK__V1__CREDENTIAL_SECRET__INIT);

	c->secrets = (Weir__Link__V1__Secrets)WEIR__LINK__V1__SECRETS__INIT;
	entry->version = 1;
	entry->key = wire_data(str_make(pepper, 32));
	secret->credential_id = catalog_id(c, ID_CREDENTIAL);
	secret->secret = wire_data(STR("sk-upstream-secret"));
	c->secrets.peppers = arena_alloc(c->arena, sizeof(entry));
	c->secrets.peppers[0] = entry;
	c->secrets.n_peppers = 1;
	c->secrets.credentials = arena_alloc(c->arena, sizeof(secret));
	c->secrets.credentials[0] = secret;
	c->secrets.n_credentials = 1;
}

void
catalog_init(struct catalog *c, struct arena *arena)
{
	*c = (struct catalog){ .arena = arena };
	c->tenant = add_scope(c, ID_TENANT, "acme", 0);
	c->other_tenant = add_scope(c, ID_OTHER_TENANT, "other", 0);
	c->team = add_scope(c, ID_TEAM, "core", ID_TENANT);
	add_key(c);
	c->openai =
	    add_provider(c, ID_OPENAI, "openai", "https://api.openai.com/v1");
	c->local =
	    add_provider(c, ID_LOCAL, "local", "http://127.0.0.1:7700/v1/");
	c->local->allow_private_network = true;
	add_credential(c);
	c->model = add_model(
	    c, ID_MODEL, "gpt-5", (const char *[2]){ "gpt-5", "sim-5" });
	c->own_model = add_model(c, ID_OWN_MODEL, "secret-sauce",
	    (const char *[2]){ "gpt-5", "sim-5" });
	c->own_model->tenant_id = catalog_id(c, ID_TENANT);
	add_route(c);
	c->price = catalog_add_price(c, ID_PRICE, "openai", "gpt-5", "input");
	add_secrets(c);
}

struct str
catalog_pack(struct catalog *catalog, size_t first, size_t count)
{
	Weir__Link__V1__ResourceSet set = WEIR__LINK__V1__RESOURCE_SET__INIT;

	set.resources = catalog->resources + first;
	set.n_resources = count;
	return wire_pack(catalog->arena, &set.base);
}

struct str
catalog_pack_all(struct catalog *catalog)
{
	return catalog_pack(catalog, 0, catalog->count);
}

struct str
catalog_pack_secrets(struct catalog *catalog)
{
	return wire_pack(catalog->arena, &catalog->secrets.base);
}
