/** The engine's version: the package's, by which alerts and logs name what produced them. */

/** Equal to `version` in package.json; a test holds the two together. */
export const engineVersion = "0.1.0";
