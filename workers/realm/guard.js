// Makes a function of the host safe to call from the realm: an error of its own, such as a stack that overflows inside it,
// belongs to the host's realm and must stay there.
(hostFunction) => {
  const { apply } = Reflect;
  const TooDeep = RangeError;
  return (...given) => {
    try {
      return apply(hostFunction, undefined, given);
    } catch {
      throw new TooDeep("Maximum call stack size exceeded");
    }
  };
}
