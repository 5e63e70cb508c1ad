// Being built in this order: import, runs, admin, me, glossary.
import { Page } from '@/components/Page'

export default function Glossary() {
  return <Page title="Glossary">{null}</Page>
}
