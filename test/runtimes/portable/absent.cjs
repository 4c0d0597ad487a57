// Stands for a module of Node that a runtime does not have: to load it is no fault, to use it is.
function absent(name) {
  return new Proxy(
    class {
      constructor() {
        throw new Error(`this runtime has no ${name}`)
      }
    },
    {
      get: (target, member) =>
        member === '__esModule'
          ? true
          : member === 'prototype'
            ? target.prototype
            : absent(`${name}.${String(member)}`),
      apply: () => {
        throw new Error(`this runtime has no ${name}`)
      },
    },
  )
}
module.exports = absent
