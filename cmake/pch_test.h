// What tests include besides.
#pragma once
#include "pch_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
