#include "rankadaptor/llama/device.h"

#include <gmock/gmock.h>

namespace rankadaptor::llama {
namespace {

using testing::HasSubstr;

TEST(Device, NamesParseBothWays) {
  EXPECT_EQ(ParseDtype("bfloat16").value(), Dtype::kBFloat16);
  EXPECT_STREQ(DtypeName(Dtype::kFloat32), "float32");
  EXPECT_EQ(ParseDeviceKind("cuda").value(), DeviceKind::kCuda);
  EXPECT_STREQ(DeviceKindName(DeviceKind::kCpu), "cpu");
}

TEST(Device, UnknownNamesAreRefusedWithWhatIsAllowed) {
  EXPECT_THAT(ParseDtype("float16").error().message,
              HasSubstr("'float16' is not one of float32, bfloat16"));
  EXPECT_THAT(ParseDeviceKind("tpu").error().message,
              HasSubstr("'tpu' is not one of cpu, cuda"));
}

TEST(Device, MissingCudaSaysHowToGetIt) {
  Status opened = OpenDevice(DeviceKind::kCuda);
  if (opened) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("--device cpu"));
}

}  // namespace
}  // namespace rankadaptor::llama
