/* SPDX-License-Identifier: MIT */
/* All of padwise's public headers. */
#ifndef PADWISE_PADWISE_H
#define PADWISE_PADWISE_H

#include "status.h"
#include "context.h"
#include "tensor.h"
#include "file.h"
#include "tokenizer.h"
#include "model.h"
#include "prompt.h"
#include "embedding.h"
#include "recipe.h"
#include "conditioning.h"
#include "edit.h"
#include "bulk.h"
#include "plot.h"
#include "roofline.h"
#include "version.h"

#ifdef PADWISE_EXPERIMENTAL
#include "lab.h"
#endif

#endif
