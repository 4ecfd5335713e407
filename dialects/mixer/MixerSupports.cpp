#include "dialects/mixer/Mixer.h"
