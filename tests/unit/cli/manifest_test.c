/* manifest_test.c - what entries become, real and simulated. */
#include "cli/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/daemon.h"

#define VARIABLE "WEIR_TEST_PROVIDER_KEY"

static const char text[] =
    "{\"providers\":[{\"slug\":\"p\",\"base_url\":\"https://real/v1\","
    "\"simulator\":\"/p/v1\",\"source\":\"docs\"}],"
    "\"credentials\":[{\"slug\":\"c\",\"provider\":\"p\",\"env_ref\":"
    "\"" VARIABLE "\"}],"
    "\"models\":[{\"slug\":\"m\",\"labels\":{\"a\":\"b\"}}]}";

static struct arena arena;
static char path[] = "/tmp/weir-manifest-XXXXXX";

static const char *
member(const json_t *body, const char *name)
{
	return json_string_value(json_object_get(body, name));
}

static const struct manifest_section *
section(const char *name)
{
	for (size_t i = 0; i < manifest_section_count; i++) {
		if (strcmp(manifest_sections[i].name, name) == 0)
			return &manifest_sections[i];
	}
	return NULL;
}

/* The body of the only entry of a section. */
static json_t *
body_of(const char *name, const char *simulator)
{
	struct manifest manifest;
	json_t *body;

	assert_int_equal(manifest_load(&arena, path, simulator, &manifest), OK);
	body = manifest_body(&manifest, section(name),
	    json_array_get(manifest_entries(&manifest, section(name)), 0));
	manifest_done(&manifest);
	return body;
}

static void
test_a_provider_without_key_is_simulated(void **state)
{
	json_t *provider;
	json_t *credential;

	unsetenv(VARIABLE);
	provider = body_of("providers", "http://127.0.0.1:7700/");
	assert_string_equal(
	    member(provider, "base_url"), "http://127.0.0.1:7700/p/v1");
	assert_true(
	    json_is_true(json_object_get(provider, "allow_private_network")));
	assert_null(json_object_get(provider, "simulator"));
	assert_null(json_object_get(provider, "source"));
	credential = body_of("credentials", "http://127.0.0.1:7700");
	assert_string_equal(member(credential, "secret"), "simulated-p");
	assert_null(json_object_get(credential, "env_ref"));
	assert_null(json_object_get(credential, "provider"));
	json_decref(provider);
	json_decref(credential);
}

static void
test_a_provider_with_key_is_real(void **state)
{
	json_t *provider;
	json_t *credential;

	setenv(VARIABLE, "sk-1", 1);
	provider = body_of("providers", "http://127.0.0.1:7700");
	assert_string_equal(member(provider, "base_url"), "https://real/v1");
	assert_true(
	    json_is_false(json_object_get(provider, "allow_private_network")));
	credential = body_of("credentials", "http://127.0.0.1:7700");
	assert_string_equal(member(credential, "env_ref"), VARIABLE);
	assert_null(json_object_get(credential, "secret"));
	json_decref(provider);
	json_decref(credential);
	unsetenv(VARIABLE);
	provider = body_of("providers", NULL);
	assert_string_equal(member(provider, "base_url"), "https://real/v1");
	json_decref(provider);
}

/* The label tells two versions of an entry apart, and nothing else. */
static void
test_labels_are_fingerprints(void **state)
{
	json_t *one = body_of("providers", NULL);
	json_t *same = body_of("providers", NULL);
	json_t *other = body_of("providers", "http://x");
	json_t *model = body_of("models", NULL);

	assert_true(json_equal(one, same));
	assert_string_not_equal(member(json_object_get(one, "labels"), "seed"),
	    member(json_object_get(other, "labels"), "seed"));
	assert_string_equal(member(json_object_get(model, "labels"), "a"), "b");
	json_decref(one);
	json_decref(same);
	json_decref(other);
	json_decref(model);
}

static void
test_bad_files_are_refused(void **state)
{
	static const char *const bad[] = { "", "[]", "{\"what\":[]}",
		"{\"models\":[{}]}", "{\"models\":[1]}" };
	char name[] = "/tmp/weir-manifest-XXXXXX";
	struct manifest manifest;
	int fd = mkstemp(name);

	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(
		    daemon_write_file(name, str_from(bad[i]), 0600), OK);
		assert_int_equal(
		    manifest_load(&arena, name, NULL, &manifest), E_INVALID);
		manifest_done(&manifest);
	}
	unlink(name);
	assert_int_equal(
	    manifest_load(&arena, name, NULL, &manifest), E_NOT_FOUND);
}

static int
setup(void **state)
{
	arena_init(&arena, 0);
	close(mkstemp(path));
	return daemon_write_file(path, str_from(text), 0600) == OK ? 0 : -1;
}

static int
teardown(void **state)
{
	unlink(path);
	arena_done(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_provider_without_key_is_simulated),
		cmocka_unit_test(test_a_provider_with_key_is_real),
		cmocka_unit_test(test_labels_are_fingerprints),
		cmocka_unit_test(test_bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
