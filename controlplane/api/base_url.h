/*
 * base_url.h - where a provider lives: is it an address we may call?
 *
 * The gateway looks again at what the name resolves to; here the form is
 * checked, and literal addresses that no public provider has.
 */
#pragma once

#include <stdbool.h>

#include "common/str.h"

/* NULL when it is an http or https URL of a host with an optional path. */
const char *base_url_fault(struct str);

/* Is its host a private, loopback or otherwise special one by its look? */
bool base_url_is_private(struct str);
