// What the edge includes besides.
#pragma once
#include "pch_base.h"

#include <grpcpp/grpcpp.h>
