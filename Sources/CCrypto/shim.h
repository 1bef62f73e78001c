// SHA256_Init and its like are marked as deprecated in OpenSSL 3, and part of every version of it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include "sha256_pair.h"
