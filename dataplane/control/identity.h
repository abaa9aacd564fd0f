/*
 * identity.h - who this gateway is, as a file of its state directory.
 *
 * "identity", mode 0600, one "name value" per line, values in hexadecimal.
 * The key pair is there before the first enrolment, so that an enrolment that
 * was cut short can be repeated.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/id.h"
#include "common/seal.h"
#include "common/sign.h"
#include "common/status.h"

#define IDENTITY_SECRET_SIZE 32

struct identity {
	uint8_t box_private[SEAL_KEY_SIZE];
	uint8_t box_public[SEAL_KEY_SIZE];
	bool is_enrolled; /* what follows is set */
	struct id gateway;
	uint8_t secret[IDENTITY_SECRET_SIZE];
	uint8_t sign_public[SIGN_KEY_SIZE];
};

/*
 * Reads it, or makes one that is not enrolled.  E_FORBIDDEN when others may
 * read the file, E_CORRUPT when it is not one.
 */
enum status identity_open(const char *state_directory, struct identity *out);

enum status identity_save(const char *state_directory, const struct identity *);
