exports.loud = (text) => text.toUpperCase();
