// Options shared by the frontends. Each frontend offers one function, `import<Kind>(path, context, options)`, that
// reports every mistake as a diagnostic with a place in the model file and returns null when there was one.
#ifndef HEDDLE_FRONTENDS_IMPORTER_H
#define HEDDLE_FRONTENDS_IMPORTER_H

namespace heddle {

// Which tokens meet where causal attention has fewer queries than keys, and no past that says it.
enum class CausalAlignment { First, Last };

struct ImportOptions {
  // Keep operators that no rule covers as `mixer.unsupported`, so that a tool can list them; otherwise they are errors.
  bool keepUnsupported = false;
  // `is_causal` of ONNX Attention, whose texts differ under one opset.
  CausalAlignment attentionCausal = CausalAlignment::First;
};

} // namespace heddle
#endif
