// What tests of the edge include besides.
#pragma once
#include "pch_rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
