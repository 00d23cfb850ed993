/** What a language has to bring: every text of `en`, and a form for each of its own plural categories. */
import type { en } from './en.ts';

/** A language's texts. `Plural` names its plural categories, see `Intl.PluralRules`. */
export type Language<Plural extends string> = Forms<typeof en, Plural>;

type Forms<Texts, Plural extends string> = {
  readonly [Name in keyof Texts as FormName<Name, Plural>]: Texts[Name] extends string
    ? string
    : Forms<Texts[Name], Plural>;
};

type FormName<Name, Plural extends string> = Name extends `${infer Stem}_one`
  ? `${Stem}_${Plural}`
  : Name extends `${string}_other`
    ? never
    : Name;

/** Name of a text as `t` takes it: the path to it, without a plural category. */
export type TextName = PathOf<typeof en>;

type PathOf<Texts> = {
  [Name in keyof Texts & string]: Texts[Name] extends string
    ? Name extends `${infer Stem}_one` | `${infer Stem}_other`
      ? Stem
      : Name
    : `${Name}.${PathOf<Texts[Name]>}`;
}[keyof Texts & string];
