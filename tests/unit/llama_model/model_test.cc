#include "rankadaptor/llama/model.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "rankadaptor/common/file.h"
#include "rankadaptor/llama/safetensors.h"

#include "tests/support/random_model.h"

namespace rankadaptor::llama {
namespace {

namespace fs = std::filesystem;
using rankadaptor::testing::RandomModel;
using rankadaptor::testing::SmallConfig;
using ::testing::HasSubstr;

class ModelTest : public ::testing::Test {
 protected:
  ModelTest() {
    std::string pattern = ::testing::TempDir() + "model_test.XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ModelTest() override { fs::remove_all(folder_); }

  // Rewrites model.safetensors without or with changed tensors.
  template <typename Change>
  void Rewrite(Change change) {
    auto files = CheckpointFiles::Open(folder_).value();
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, view] : files.tensors()) {
      tensors.push_back({name, view.dtype, view.shape, view.data});
    }
    change(tensors);
    ASSERT_TRUE(WriteSafetensors(folder_ / "model.safetensors", tensors, {}));
  }

  fs::path folder_;
  const std::vector<int32_t> ids_ = {1, 5, 9, 30, 2, 2, 17};
};

TEST_F(ModelTest, ReloadGivesIdenticalLogits) {
  for (bool tied : {true, false}) {
    LlamaConfig config = SmallConfig();
    config.tie_word_embeddings = tied;
    Model model = RandomModel(config, 1);
    ASSERT_TRUE(model.Save(folder_, Dtype::kFloat32));
    Model loaded = Model::Load(folder_, {}).value();
    EXPECT_EQ(loaded.config(), config);
    EXPECT_EQ(loaded.Logits(ids_).value(), model.Logits(ids_).value());
  }
}

TEST_F(ModelTest, ReloadInBFloat16GivesIdenticalLogits) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kBFloat16));
  Model once = Model::Load(folder_, {.dtype = Dtype::kBFloat16}).value();
  ASSERT_TRUE(once.Save(folder_, Dtype::kBFloat16));
  Model twice = Model::Load(folder_, {.dtype = Dtype::kBFloat16}).value();
  EXPECT_EQ(once.dtype(), Dtype::kBFloat16);
  EXPECT_EQ(once.Logits(ids_).value(), twice.Logits(ids_).value());
}

TEST_F(ModelTest, TokenNllsAreLogSoftmaxOfTheLogits) {
  Model model = RandomModel(SmallConfig(), 2);
  std::vector<float> logits = model.Logits(ids_).value();
  std::vector<float> nlls = model.TokenNlls(ids_).value();
  ASSERT_EQ(nlls.size(), ids_.size() - 1);
  for (size_t i = 0; i < nlls.size(); ++i) {
    const float* row = logits.data() + i * 32;
    double sum = 0;
    for (int v = 0; v < 32; ++v) sum += std::exp(double{row[v]});
    EXPECT_NEAR(nlls[i], std::log(sum) - row[ids_[i + 1]], 1e-5);
  }
}

TEST_F(ModelTest, NumParametersCountsTheTensors) {
  LlamaConfig config = SmallConfig();
  EXPECT_EQ(RandomModel(config, 1).NumParameters(), NumParameters(config));
  // embed 512, final norm 16; per layer 2 norms and 16*(q+k+v+o+3*ffn).
  int64_t expected = 512 + 16;
  for (const LayerShape& s : config.layers) {
    expected += 32 + 16 * (8 * s.num_heads + 8 * s.num_kv_heads +
                           3 * s.intermediate_size);
  }
  EXPECT_EQ(NumParameters(config), expected);
}

TEST_F(ModelTest, MissingTensorIsNamed) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kFloat32));
  Rewrite([](auto& tensors) {
    std::erase_if(tensors, [](const TensorToWrite& t) {
      return t.name == "model.layers.1.mlp.up_proj.weight";
    });
  });
  auto loaded = Model::Load(folder_, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              HasSubstr("model.layers.1.mlp.up_proj.weight is missing"));
}

TEST_F(ModelTest, WrongShapeIsNamedWithBothShapes) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kFloat32));
  Rewrite([](auto& tensors) {
    for (TensorToWrite& t : tensors) {
      if (t.name == "model.norm.weight") t.shape = {4, 4};
    }
  });
  auto loaded = Model::Load(folder_, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              HasSubstr("model.norm.weight has shape [4, 4], config.json says "
                        "[16]"));
}

TEST_F(ModelTest, WrongDtypeIsNamed) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kFloat32));
  Rewrite([](auto& tensors) {
    for (TensorToWrite& t : tensors) {
      if (t.name == "model.norm.weight") t.dtype = "I32";
    }
  });
  auto loaded = Model::Load(folder_, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              HasSubstr("model.norm.weight has dtype "
                        "I32"));
}

TEST_F(ModelTest, UnexpectedTensorIsNamed) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kFloat32));
  Rewrite([](auto& tensors) {
    tensors.push_back(tensors.back());
    tensors.back().name = "model.layers.0.self_attn.q_proj.bias";
  });
  auto loaded = Model::Load(folder_, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              HasSubstr("model.layers.0.self_attn.q_proj.bias"));
}

TEST_F(ModelTest, OldRotaryTablesAreIgnored) {
  ASSERT_TRUE(RandomModel(SmallConfig(), 1).Save(folder_, Dtype::kFloat32));
  Rewrite([](auto& tensors) {
    tensors.push_back(tensors.back());
    tensors.back().name = "model.layers.0.self_attn.rotary_emb.inv_freq";
  });
  EXPECT_TRUE(Model::Load(folder_, {}));
}

TEST_F(ModelTest, IdsOutsideTheVocabularyAreRefused) {
  Model model = RandomModel(SmallConfig(), 1);
  EXPECT_THAT(model.Logits({1, 32}).error().message,
              HasSubstr("id 32 is outside the vocabulary of 32"));
  EXPECT_FALSE(model.Logits({}));
  EXPECT_FALSE(model.TokenNlls({-1, 2}));
}

}  // namespace
}  // namespace rankadaptor::llama
