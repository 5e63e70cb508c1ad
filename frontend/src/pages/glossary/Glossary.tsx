import { Page } from '@/components/Page'

export default function Glossary() {
  return <Page title="Glossary">{null}</Page>
}
